# Fetches the packages, so that nothing but their installation is recorded.
set -e
export DEBIAN_FRONTEND=noninteractive
apt-get remove -y --purge tree hello bc zip rsync cowsay > /dev/null 2>&1 || true
apt-get install -y --download-only --reinstall tree hello bc zip rsync cowsay > /dev/null
mkdir -p /var/cache/apiwatch-record && cp /var/cache/apt/archives/*.deb /var/cache/apiwatch-record/
