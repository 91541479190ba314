-- Statements and commands as a script gives them.
SELECT name, n FROM dial; SELECT 1 AS one,
  'a;b' AS two;
.tables
.tables DI
.tables *d*
.schema dial
.schema WIDE
.mode
.mode line
.all dial
.mode nonsense
SELECT broken FROM nowhere;
SELECT 'still runs' AS it;
.all nowhere
.timer maybe
.help me
.nonsense
.health
.help
SELECT 'no semicolon' AS last
