rm -rf /var/cache/apiwatch-record
