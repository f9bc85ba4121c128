"""The first day of a Hive user: tables over what lies in the bucket, tables from tables, partitions, a table
that moves, statistics, and dropping some of it.

A statement with an answer is compared between the passes. Where the answer is known beforehand it is also
stated here, since two passes could agree on a wrong one (a scan that loses rows is no file system's fault,
and would not be seen). `SCANS` are read-only and are asked twice: within the day, and once more after it.

`{root}` is the prefix of one pass, so that each starts from the same files and none sees another's.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Optional

from hive.films import STARS, Size

DATABASE = "films"


@dataclass(frozen=True)
class Statement:
    """One statement; `count` is the first field of its first row, where that is known."""

    name: str
    sql: str
    count: Optional[Any] = None

    def text(self, root: str) -> str:
        return self.sql.replace("{root}", root)


USER = "id int, age int, gender string, occupation string, zip string"
RATING = "user_id int, film_id int, stars int, seconds bigint"
PIPES = "row format delimited fields terminated by '|' stored as textfile"


def first_day(size: Size) -> List[Statement]:
    return [*tables(), *from_select(size), *partitions(size), *scans(size), *statistics(), *moves(size), *drops(size)]


def tables() -> List[Statement]:
    return [
        Statement("create database", f"create database {DATABASE} location '{{root}}/warehouse/{DATABASE}.db'"),
        Statement("use", f"use {DATABASE}"),
        Statement("external users", f"create external table users ({USER}) {PIPES} location '{{root}}/landing/users'"),
        Statement("external ratings", f"create external table ratings ({RATING}) {PIPES} location '{{root}}/landing/ratings'"),
        Statement("show tables", "show tables"),
        Statement("describe users", "describe users"),
        Statement("create guests", f"create table guests ({USER}) {PIPES}"),
        Statement("insert values", "insert into guests values (1, 24, 'M', 'technician', '85711'), (2, 53, 'F', 'other', '94043')"),
        Statement("select guests", "select * from guests order by id", count=1),
    ]


def from_select(size: Size) -> List[Statement]:
    return [
        Statement("insert select", "insert into table guests select * from users where id between 3 and 1000"),
        Statement("count guests", "select count(*), sum(id) from guests", count=1000),
        Statement("Parquet from select", "create table users_parquet stored as parquet as select * from users"),
        Statement("ORC from select", "create table ratings_orc stored as orc as select * from ratings"),
        Statement("create Parquet", f"create table ratings_parquet ({RATING}) stored as parquet"),
        Statement("insert Parquet", "insert overwrite table ratings_parquet select * from ratings"),
        Statement("rows of Parquet", "select count(*) from ratings_parquet", count=size.ratings),
    ]


def partitions(size: Size) -> List[Statement]:
    by_stars = "(user_id int, film_id int, seconds bigint) partitioned by (stars int) stored as orc"
    return [
        Statement("create by stars", f"create table by_stars {by_stars} location '{{root}}/by_stars'"),
        Statement("dynamic partitions", "insert overwrite table by_stars partition (stars) "
                                        "select user_id, film_id, seconds, stars from ratings"),
        Statement("show partitions", "show partitions by_stars"),
        Statement("found", f"create external table found {by_stars} location '{{root}}/by_stars'"),
        Statement("found, before MSCK", "select count(*) from found", count=0),
        Statement("MSCK", "msck repair table found"),
        Statement("found, partitions", "show partitions found"),
        Statement("found, after MSCK", "select count(*) from found", count=size.ratings),
    ]


def scans(size: Size) -> List[Statement]:
    """Read-only, over every format and over tables that Hive wrote."""
    return [
        Statement("text: users", "select count(*), min(age), max(age), sum(cast(zip as bigint)) from users", count=size.users),
        Statement("text: ratings", "select count(*), sum(film_id), sum(seconds) from ratings", count=size.ratings),
        Statement("Parquet: group by", "select occupation, gender, count(*), avg(age) from users_parquet "
                                       "group by occupation, gender order by occupation, gender"),
        Statement("Parquet: ratings", "select count(*), sum(seconds), sum(stars * film_id) from ratings_parquet",
                  count=size.ratings),
        Statement("ORC: group by", "select stars, count(*), avg(film_id), max(seconds) from ratings_orc "
                                   "group by stars order by stars", count=1),
        Statement("ORC and Parquet: vectorised join",
                  "select u.occupation, count(*), avg(r.stars) from ratings_orc r join users_parquet u on r.user_id = u.id "
                  "where u.age < 40 group by u.occupation order by u.occupation"),
        Statement("one partition", f"select {STARS}, count(*), sum(film_id) from by_stars where stars = {STARS}", count=STARS),
        Statement("all partitions", "select stars, count(*), min(seconds) from found group by stars order by stars", count=1),
    ]


VECTORISED = Statement("explain the join", "explain vectorization select u.occupation, count(*) from ratings_orc r "
                                           "join users_parquet u on r.user_id = u.id group by u.occupation")


def statistics() -> List[Statement]:
    return [
        Statement("ANALYZE", "analyze table users_parquet compute statistics"),
        Statement("ANALYZE columns", "analyze table users_parquet compute statistics for columns"),
        Statement("statistics of age", "describe formatted users_parquet age"),
        Statement("ANALYZE partitions", "analyze table by_stars partition (stars) compute statistics"),
    ]


def moves(size: Size) -> List[Statement]:
    """A table and a partition that go to another place and come back; overwriting what has just been read."""
    few, more = size.users // 10, size.users // 2
    read = "select count(*), sum(age) from tenants"
    return [
        Statement("create tenants", f"create external table tenants ({USER}) stored as parquet location '{{root}}/tenants/old'"),
        Statement("tenants, first", f"insert into tenants select * from users where id <= {few}"),
        Statement("tenants, read", read, count=few),
        Statement("SET LOCATION", "alter table tenants set location '{root}/tenants/new'"),
        Statement("tenants, elsewhere", f"insert into tenants select * from users where id <= {more}"),
        Statement("tenants, read elsewhere", read, count=more),
        Statement("SET LOCATION back", "alter table tenants set location '{root}/tenants/old'"),
        Statement("tenants, read again", read, count=few),
        Statement("overwrite", f"insert overwrite table tenants select * from users where id <= {few + 1}"),
        Statement("tenants, overwritten", read, count=few + 1),
        Statement("partition SET LOCATION", "alter table found partition (stars = 1) set location '{root}/by_stars/stars=2'"),
        Statement("partition, elsewhere", "select stars, count(*), sum(film_id) from found where stars = 1 group by stars"),
        Statement("partition SET LOCATION back", "alter table found partition (stars = 1) set location '{root}/by_stars/stars=1'"),
        Statement("partition, again", "select stars, count(*), sum(film_id) from found where stars = 1 group by stars"),
    ]


def drops(size: Size) -> List[Statement]:
    few = size.users // 10
    return [
        Statement("drop guests", "drop table guests"),
        Statement("drop external", "drop table tenants"),
        Statement("over what is left", f"create external table tenants ({USER}) stored as parquet location '{{root}}/tenants/old'"),
        Statement("count what is left", "select count(*) from tenants", count=few + 1),
        Statement("tables that are left", "show tables"),
    ]


def farewell() -> List[Statement]:
    return [Statement("drop database", f"drop database {DATABASE} cascade"), Statement("databases", "show databases")]
