-- Footers alone.
select count(*) from lineitem
