#!/bin/bash
# Reports are made from logs the way shell scripts do it: loops of grep, sed, awk, cut, date, expr and sort, a process each.
# user: dev
cd ~ && mkdir -p reports && cd reports
for day in $(seq 1 28); do
  for hour in 00 06 12 18; do
    printf '2026-02-%02dT%s:00:00 web%d GET /item/%d 200 %d\n' "$day" "$hour" $((day % 3)) $((day * 7)) $((day * 13 % 97))
  done
done > access.log
# Line by line.
while read -r when host method url status ms; do
  day=$(echo "$when" | cut -dT -f1)
  item=$(basename "$url")
  slow=$(expr "$ms" \* 2)
  echo "$day $host $(echo "$method" | tr '[:upper:]' '[:lower:]') $item $status $slow" | sed 's/ 200 / ok /'
done < access.log > table.txt
# Per day, with dates reckoned by date(1).
for day in $(seq 1 28); do
  d=$(date -d "2026-02-$day" +%F)
  w=$(date -d "$d" +%A)
  n=$(grep -c "^$d" table.txt)
  s=$(awk -v d="$d" '$1 == d { t += $6 } END { print t + 0 }' table.txt)
  printf '%s %s %s %s\n' "$d" "$w" "$n" "$s" | tee -a days.txt
done
# A check as monitoring scripts do it.
for round in $(seq 1 400); do
  load=$(cut -d' ' -f1 /proc/loadavg)
  used=$(df -P / | awk 'NR == 2 { print $5 }' | tr -d %)
  procs=$(ps -e --no-headers | wc -l)
  up=$(cut -d. -f1 /proc/uptime)
  [ "$(expr "$used" \> 95)" = 1 ] && echo full
  echo "$round $load $used $procs $up $(hostname | wc -c)" >> status.txt
done
# File by file.
for f in /usr/share/common-licenses/* /etc/*.conf; do
  [ -r "$f" ] || continue
  n=$(wc -l < "$f"); m=$(md5sum < "$f" | cut -c1-8); t=$(stat -c %Y "$f"); b=$(basename "$f" | sed 's/\..*//')
  echo "$b $n $m $(date -d "@$t" +%Y)" >> files.txt
done
# Words, one process each, as a script that grew does it.
for word in $(cat /usr/share/common-licenses/* | tr -cs A-Za-z "\n" | head -5000); do
  first=$(echo "$word" | cut -c1); lower=$(echo "$word" | tr A-Z a-z)
  echo "$first $lower $(printf %s "$word" | wc -c)"
done | sort | uniq -c | sort -rn > words.txt
seq 1 6000 | xargs -n 1 echo > numbers.txt
find /usr/share/doc -name copyright 2>/dev/null | head -400 | xargs -n 1 grep -l GPL > gpl.txt
find /usr/share/doc -name copyright 2>/dev/null | head -600 | while read -r f; do head -1 "$f" | grep -q Format && dirname "$f"; done > formats.txt
find /usr/share/doc -name 'changelog*.gz' 2>/dev/null | head -250 | while read -r f; do zcat "$f" | head -1; done | cut -d' ' -f1 | sort -u | wc -l
wc -l days.txt status.txt files.txt words.txt gpl.txt formats.txt
