-- Files of some 100 KB each.
select count(*), sum(l_quantity), max(l_shipdate) from lineitem_small
