update events set value = 1.0
