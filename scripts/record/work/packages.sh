#!/bin/bash
# The administrator installs, asks about, upgrades and removes packages, theirs and one built here whose maintainer scripts do what such scripts do.
# user: root
export DEBIAN_FRONTEND=noninteractive
cd /root
for round in 1 2 3; do
  cp /var/cache/apiwatch-record/*.deb /var/cache/apt/archives/
  apt-get install -y --no-download tree hello bc zip rsync cowsay
  hello; tree -L 1 /etc | tail -1; echo '2^10' | bc; rsync -a /usr/share/common-licenses/ /tmp/licences/; zip -qr /tmp/l.zip /tmp/licences; rm -r /tmp/licences /tmp/l.zip
  dpkg -L hello | wc -l; dpkg -S /usr/bin/tree; dpkg -V bc tree; apt-cache show hello | head -2; apt-mark showmanual | wc -l; dpkg -l | wc -l
  apt-get remove -y hello cowsay; apt-get purge -y tree bc zip rsync hello cowsay
done
build() { # a package with maintainer scripts
  p=$(mktemp -d); chmod 755 "$p"; mkdir -p "$p/DEBIAN" "$p/usr/bin" "$p/usr/share/ledgerd" "$p/etc/default"
  printf '#!/bin/sh\necho ledgerd %s\n' "$1" > "$p/usr/bin/ledgerd-demo"; chmod 755 "$p/usr/bin/ledgerd-demo"
  cp -p /usr/share/common-licenses/* "$p/usr/share/ledgerd/"; echo LEVEL=1 > "$p/etc/default/ledgerd-demo"
  printf 'Package: ledgerd-demo\nVersion: %s\nArchitecture: all\nMaintainer: Dev <dev@example.org>\nDescription: demonstration\n' "$1" > "$p/DEBIAN/control"
  echo /etc/default/ledgerd-demo > "$p/DEBIAN/conffiles"
  cat > "$p/DEBIAN/postinst" <<'S'
#!/bin/sh
set -e
case "$1" in configure)
  mkdir -p /var/lib/ledgerd-demo; chown root:root /var/lib/ledgerd-demo; chmod 750 /var/lib/ledgerd-demo
  update-alternatives --install /usr/bin/ledger-cmd ledger-cmd /usr/bin/ledgerd-demo 10
  [ -e /var/lib/ledgerd-demo/made ] || date > /var/lib/ledgerd-demo/made
  cp -p /usr/share/ledgerd/* /var/lib/ledgerd-demo/; touch /var/lib/ledgerd-demo/stamp; ldconfig ;;
esac
S
  cat > "$p/DEBIAN/prerm" <<'S'
#!/bin/sh
set -e
[ "$1" = upgrade ] || update-alternatives --remove ledger-cmd /usr/bin/ledgerd-demo
S
  cat > "$p/DEBIAN/postrm" <<'S'
#!/bin/sh
set -e
if [ "$1" = purge ]; then rm -rf /var/lib/ledgerd-demo; fi
S
  chmod 755 "$p"/DEBIAN/p*; dpkg-deb --build --root-owner-group "$p" "/tmp/ledgerd-demo_$1.deb"; rm -r "$p"
}
for v in 1.0 1.1; do build "$v"; dpkg -i "/tmp/ledgerd-demo_$v.deb"; ledger-cmd; dpkg-deb -I "/tmp/ledgerd-demo_$v.deb" | head -3; dpkg-deb -c "/tmp/ledgerd-demo_$v.deb" | wc -l; done
dpkg -s ledgerd-demo | head -3; dpkg --purge ledgerd-demo; rm /tmp/ledgerd-demo_*
ldconfig; update-alternatives --get-selections | wc -l; apt-get check; apt-config dump | wc -l
