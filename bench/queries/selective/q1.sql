-- A few thousand rows, found by row group statistics, dictionaries and page indexes.
select count(*), sum(l_extendedprice * l_discount)
from lineitem
where l_orderkey between 3000000 and 3004000 and l_shipmode in ('AIR', 'RAIL')
