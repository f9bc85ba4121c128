-- The same four columns out of ORC.
select sum(l_quantity), sum(l_extendedprice * (1 - l_discount)), max(l_shipdate) from lineitem_orc
