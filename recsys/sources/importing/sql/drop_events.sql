drop table events
