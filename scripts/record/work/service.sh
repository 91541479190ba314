#!/bin/bash
# The administrator's daily things: daemons are started and ended, jobs run as cron would, users are changed to, file systems mounted, logs rotated.
# user: root
mkdir -p /srv/demo && cd /srv/demo && echo hello > index.html
nohup python3 -m http.server --bind 127.0.0.1 18081 > server.log 2>&1 &
setsid -f sleep 20; setsid sleep 5 < /dev/null > /dev/null 2>&1 &
start-stop-daemon --start --background --make-pidfile --pidfile /run/demo.pid --exec /usr/bin/sleep -- 30
until curl -sf http://127.0.0.1:18081/ > /dev/null; do sleep 0.2; done
for i in $(seq 1 40); do curl -s http://127.0.0.1:18081/index.html; sleep 0.05; done | sort | uniq -c
start-stop-daemon --stop --pidfile /run/demo.pid; rm -f /run/demo.pid
for i in $(seq 1 40); do su -s /bin/sh dev -c 'id -un; date +%s'; runuser -u nobody -- id -u; done | sort | uniq -c | sort -rn | head -3
su - dev -c 'cd && ls -la && crontab -l; echo "0 5 * * * /usr/bin/true" | crontab -; crontab -l; crontab -r'
setpriv --reuid=nobody --regid=nogroup --clear-groups date; (umask 077; echo secret > token; chgrp nogroup token; chmod 640 token)
mkdir -p cron.daily && for j in clean report check; do printf '#!/bin/sh\nset -e\nd=$(date +%%F)\nfind /srv/demo -name "*.old" -mtime +1 -delete\nls /srv/demo | wc -l\ndf -P / | tail -1 | cut -c1-20\necho %s $d >> /srv/demo/job.log\n' $j > cron.daily/$j; chmod 755 cron.daily/$j; done
for day in $(seq 1 60); do run-parts cron.daily > /dev/null; done; tail -2 job.log
for n in $(seq 1 20); do # rotation by hand
  for k in 4 3 2 1; do [ -f job.log.$k.gz ] && mv job.log.$k.gz job.log.$((k + 1)).gz; done
  cp -p job.log job.log.1 && gzip -f job.log.1 && : > job.log && echo again >> job.log
done
mkdir -p mnt other && mount -t tmpfs -o size=1m tmpfs mnt && echo x > mnt/x && mount --bind mnt other && cat other/x && umount other && umount mnt
chown -R dev: /srv/demo/cron.daily; chmod g+s other; stat -c %A other; chattr -i index.html 2>/dev/null; getent passwd dev; getent group | wc -l
cat /etc/timezone; date -u; hwclock --version 2>/dev/null | head -1; locale 2>/dev/null | head -1; zdump UTC; last | head -1; journalctl --version 2>/dev/null | head -1
for p in $(seq 1 150); do ps -p 1 -o comm= > /dev/null; pgrep -c sleep > /dev/null; cat /proc/loadavg > /dev/null; ss -ltn 2>/dev/null | wc -l > /dev/null; done
for n in 1 2 3 4 5; do sleep 0.3; test -s server.log && grep -c GET server.log; done
ip addr 2>/dev/null | wc -l; sysctl -n kernel.pid_max; lsmod 2>/dev/null | wc -l; dmesg 2>/dev/null | wc -l; id; hostname | wc -c
kill %1 2>/dev/null; wait %1; pkill -x -P $$ sleep; cd /; rm -rf /srv/demo
