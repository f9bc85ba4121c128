-- 4 of lineitem's 16 columns, all of its rows.
select sum(l_quantity), sum(l_extendedprice * (1 - l_discount)), max(l_shipdate) from lineitem
