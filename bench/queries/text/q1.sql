-- Every byte of a text table, in order.
select count(*), sum(length(value)), max(value) from lineitem_text
