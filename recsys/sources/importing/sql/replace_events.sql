drop table events;
alter table kept rename to events
