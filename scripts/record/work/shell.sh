#!/bin/bash
# Someone logs in on a terminal, looks around, edits, packs and unpacks files, and waits for a local server.
# user: root
# Root gives the login only; everything is typed by dev.
type_in() {
  sleep 1
  while IFS= read -r line; do
    printf '%s\n' "$line"
    sleep 0.07
  done <<'KEYS'
ls -la
pwd; id; whoami; tty; groups
date; uptime; w; last -n 3; locale | head -2
mkdir -p project notes && cd project
cp /etc/services /etc/protocols /etc/passwd .
wc -l services protocols; head -5 services; tail -3 services
grep -n http services; grep -c tcp services; grep -P '^s(sh|mtp)\b' services
awk '{print $1}' services | sort | uniq -c | sort -rn | head
sed -e 's/tcp/TCP/' services > services.upper; diff services services.upper | head -3
find /etc -maxdepth 1 -name '*.conf' 2>/dev/null | xargs ls -l
find /usr/share/doc -maxdepth 1 -type d | wc -l
ps aux | head -5; ps -ef | wc -l; ps -o pid,ppid,cmd
top -b -n 2 -d 0.3 | head -8
free -m; df -h /; du -sh /etc 2>/dev/null; uname -a | cut -c1-5; nproc
cat /proc/cpuinfo | grep -c processor; cat /proc/self/maps | wc -l; cat /proc/meminfo | head -3
tar czf etc.tgz services protocols; tar tzf etc.tgz; mkdir x; tar xzf etc.tgz -C x; ls -l x
gzip -k services; zcat services.gz | wc -l; gunzip -c services.gz | md5sum; sha256sum services
touch notes.txt; echo first >> notes.txt; touch notes.txt; stat notes.txt; file notes.txt
cp -p notes.txt notes.bak; cp -a x y; mv y z; ln -s notes.txt link; readlink -f link; rm -r z
chmod 640 notes.txt; chmod u+x notes.bak; ls -l; umask
env | sort | head -5; export EDITOR=vi; alias ll='ls -l'; type ll; history | tail -2
ssh-keygen -q -t ed25519 -N '' -f key; ssh-keygen -l -f key.pub | wc -c; rm key key.pub
python3 -c 'print(sum(range(100)))'; perl -e 'print 6*7, "\n"'; bc <<<'2^20' || expr 1024 \* 1024
(cd /usr/share/common-licenses && python3 -m http.server --bind 127.0.0.1 18080 >/dev/null 2>&1 &) 
until curl -sf http://127.0.0.1:18080/ >/dev/null; do sleep 0.2; done
curl -s http://127.0.0.1:18080/GPL-3 | wc -l; curl -sI http://127.0.0.1:18080/ | head -1
for i in 1 2 3 4 5; do date +%T; sleep 0.2; done
kill $(ps -o pid=,args= | awk '/http.server/ && !/awk/ {print $1}'); wait
for f in *; do printf '%s ' "$(basename "$f" .txt)"; wc -c < "$f" 2>/dev/null; done
for n in $(seq 1 150); do d=$(dirname /a/b/$n); b=$(basename /a/b/$n); echo "$d $b" | tr a-z A-Z | cut -d' ' -f2; done | tail -1
find . -type f -exec md5sum {} \; | sort | head -2; find . -name '*.gz' -delete
find /etc -maxdepth 2 -type f -readable 2>/dev/null | head -150 | while read -r f; do file -b "$f"; wc -l < "$f"; done | sort | uniq -c | sort -rn | head -3
sqlite3 t.db 'create table t(a,b); insert into t values(1,2); select * from t;'
jq -n '{a:1,b:[2,3]}' | jq '.b[1]'; printf '%s\n' 3 1 2 | sort -n | paste -sd,
timeout 1 sleep 0.3; sleep 0.3 & wait; time ls >/dev/null; nice -n 5 true; nohup true
ls /nowhere; cat /etc/shadow; which git gcc node; command -v make; man ls 2>/dev/null | head -1
echo 'echo hello $USER; date' > hello.sh; bash hello.sh; chmod +x hello.sh; ./hello.sh; sh -c 'echo nested; sh -c date'
sleep 0.5
exit
KEYS
  sleep 1
}
type_in | script -qefc 'login -f dev' /dev/null
