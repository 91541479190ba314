#!/bin/bash
# Backups are made and restored: trees copied with their times, packed, unpacked, compared, mirrored.
# user: dev
cd ~ && mkdir -p backup && cd backup
for round in 1 2 3 4; do
  cp -a /usr/include include.$round 2>/dev/null
  tar cf include.tar -C include.$round . && mkdir -p restored && tar xf include.tar -C restored
  diff -rq include.$round restored | head -3
  gzip -kf include.tar; mkdir -p again && tar xzf include.tar.gz -C again; rm -rf again
  cp -rp include.$round/linux newer; find newer -name '*.h' -newer include.tar | wc -l
  tar cf - -C include.$round linux | (mkdir -p piped && cd piped && tar xpf -)
  touch -c include.tar; rm -rf restored newer piped include.$round
done
mkdir -p /tmp/unpack.dev && tar xzf include.tar.gz -C /tmp/unpack.dev ./linux && ls /tmp/unpack.dev | wc -l && rm -r /tmp/unpack.dev
cp -rp /usr/share/perl/5* perl 2>/dev/null; find perl -name '*.pm' -exec cp -p {} . \; ; ls | wc -l
find . -maxdepth 1 -name '*.pm' | head -200 | while read -r f; do gzip -n "$f"; gunzip "$f.gz"; done
perl -MFile::Find -e 'find(sub { utime undef, undef, $_ if -f }, "perl")'
split -b 1M include.tar.gz piece.; cat piece.* | cmp - include.tar.gz && sha256sum piece.* > sums && sha256sum -c --quiet sums
