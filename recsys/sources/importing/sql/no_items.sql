-- the file of items where there is none
create table listed (
    item_key varchar, name varchar, kind varchar, album varchar, artist varchar, genres varchar []
)
