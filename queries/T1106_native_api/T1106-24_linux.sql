-- id: T1106-24
-- name: Process id or lock file made by a shell or from a scratch folder
-- strategy: T1106
-- technique: T1106
-- tactics: Execution
-- platform: linux
-- description: A process id or lock file is made below /run by a shell or an editor, or by a program from a scratch
--   folder, for the first time. Finds what Elastic rule cac91072-d165-11ec-a764-f661ea17fbce finds.
-- log_sources: auditd:SYSCALL, auditd:PATH
-- tables: file_accesses
-- extra: file
-- pyramid_level: 2
-- severity: medium
-- interval: 60
-- window: 1
-- tuning:
--   Extensions | like | path | %.pid | apiwatch | What such files are called.
--   Extensions | like | path | %.lock | apiwatch | What such files are called.
--   Extensions | like | path | %.reboot | apiwatch | What such files are called.
--   Folders | like | path | /var/run/% | apiwatch | Where they lie.
--   Folders | like | path | /run/% | apiwatch | Where they lie.
--   Names | text | file name | bash | apiwatch | Shells, editors and file tools.
--   Names | text | file name | dash | apiwatch | Shells, editors and file tools.
--   Names | text | file name | sh | apiwatch | Shells, editors and file tools.
--   Names | text | file name | tcsh | apiwatch | Shells, editors and file tools.
--   Names | text | file name | csh | apiwatch | Shells, editors and file tools.
--   Names | text | file name | zsh | apiwatch | Shells, editors and file tools.
--   Names | text | file name | ksh | apiwatch | Shells, editors and file tools.
--   Names | text | file name | fish | apiwatch | Shells, editors and file tools.
--   Names | text | file name | ash | apiwatch | Shells, editors and file tools.
--   Names | text | file name | touch | apiwatch | Shells, editors and file tools.
--   Names | text | file name | nano | apiwatch | Shells, editors and file tools.
--   Names | text | file name | vim | apiwatch | Shells, editors and file tools.
--   Names | text | file name | vi | apiwatch | Shells, editors and file tools.
--   Names | text | file name | editor | apiwatch | Shells, editors and file tools.
--   Names | text | file name | mv | apiwatch | Shells, editors and file tools.
--   Names | text | file name | cp | apiwatch | Shells, editors and file tools.
--   Paths | like | path | ./% | apiwatch | Scratch folders.
--   Paths | like | path | /tmp/% | apiwatch | Scratch folders.
--   Paths | like | path | /var/tmp/% | apiwatch | Scratch folders.
--   Paths | like | path | /dev/shm/% | apiwatch | Scratch folders.
--   Paths | like | path | /var/run/% | apiwatch | Scratch folders.
--   Paths | like | path | /boot/% | apiwatch | Scratch folders.
--   Paths | like | path | /srv/% | apiwatch | Scratch folders.
--   Paths | like | path | /run/% | apiwatch | Scratch folders.
--   PathsExcluded | like | path | /tmp/newroot/% | rule | Programs that are not looked at.
--   PathsExcluded | like | path | /run/containerd/% | rule | Programs that are not looked at.
--   PathsExcluded | like | path | /run/k3s/containerd/% | rule | Programs that are not looked at.
--   PathsExcluded | like | path | /run/k0s/container% | rule | Programs that are not looked at.
--   PathsExcluded | like | path | /snap/% | rule | Programs that are not looked at.
--   PathsExcluded | like | path | /vz/% | rule | Programs that are not looked at.
--   PathsExcluded | like | path | /var/lib/docker/% | rule | Programs that are not looked at.
--   PathsExcluded | like | path | /etc/%/universal-hooks/pkgs/mysql-community-server/% | rule | Programs that are not looked at.
--   PathsExcluded | like | path | /var/lib/snapd/% | rule | Programs that are not looked at.
--   PathsExcluded | like | path | /etc/rubrik/% | rule | Programs that are not looked at.
--   PathsExcluded | like | path | /run/udev/data/% | rule | Programs that are not looked at.
--   NamesExcluded | like | file name | go | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | git | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | containerd% | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | snap-confine | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | cron | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | crond | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | sshd | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | unattended-upgrade | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | vzctl | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | ifup | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | rpcbind | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | runc | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | gitlab-runner-helper | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | elastic-agent | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | metricbeat | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | redis-server | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | libvirt\_leaseshelper | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | s6-ipcserver-socketbinder | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | xinetd | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | libvirtd | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | veeamdeploymentsvc | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | dnsmasq | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | virtlogd | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | lynis | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | veeamtransport | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | podman | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | chrome\_crashpad\_handler | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | snmpd | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | automount | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | chrome | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | yumBackend.py | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | rhsmcertd-worker | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | snapd | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | dotnet | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | leapp | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | haproxy | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | multipathd | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | falcond | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | python% | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | atopacctd | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | postmaster | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | httpd | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | pulseaudio | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | iptables | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | atd | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | package-cleanup | rule | Programs that are not looked at, by name.
--   NamesExcluded | like | file name | local | rule | Programs that are not looked at, by name.
--   FilesExcluded | like | path | %/jem.%.pid | rule | Files that are not looked at.
--   FilesExcluded | like | path | %/lynis.pid | rule | Files that are not looked at.
--   FilesExcluded | like | path | %/redis.pid | rule | Files that are not looked at.
--   FilesExcluded | like | path | %/yum.pid | rule | Files that are not looked at.
--   FilesExcluded | like | path | %/MFS.pid | rule | Files that are not looked at.
--   FilesExcluded | like | path | %/jenkins.pid | rule | Files that are not looked at.
--   FilesExcluded | like | path | %/nvmupdate.pid | rule | Files that are not looked at.
--   FilesExcluded | like | path | %/openlitespeed.pid | rule | Files that are not looked at.
--   FilesExcluded | like | path | %/rhnsd.pid | rule | Files that are not looked at.
--   FilesExcluded | like | path | /run/containerd/% | rule | Files that are not looked at.
--   FilesExcluded | like | path | /var/run/docker/containerd/% | rule | Files that are not looked at.
--   FilesExcluded | like | path | /var/run/jem%.pid | rule | Files that are not looked at.
-- benign:
--   Start scripts of old services.
-- limits:
--   Fed only where the audit rules of others tell of opens below /run: apiwatch asks for none of its own there, since an ordinary machine opens files there all the time.
--   The rule as published also excludes bash, dash, sh, touch and cp, which it looks for: here they count.
--   First means first in what is kept, not in five days.
-- references:
--   https://attack.mitre.org/techniques/T1106/
--   https://github.com/elastic/detection-rules/blob/main/rules/linux/execution_abnormal_process_id_file_created.toml
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'T1106-24'
),
opened AS MATERIALIZED (
  SELECT eid, process_key, file, path, name FROM file_accesses
  WHERE flags LIKE '%O_CREAT%' AND success = 1
),
hits AS (
  SELECT eid, file, path, row_number() OVER (PARTITION BY name, file ORDER BY eid) AS place FROM opened AS o
  WHERE EXISTS (SELECT 1 FROM t WHERE element = 'Extensions' AND file LIKE value ESCAPE '\')
    AND EXISTS (SELECT 1 FROM t WHERE element = 'Folders' AND file LIKE value ESCAPE '\')
    AND (name IN (SELECT value FROM t WHERE element = 'Names')
      OR EXISTS (SELECT 1 FROM t WHERE element = 'Paths' AND path LIKE value ESCAPE '\'))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'PathsExcluded' AND path LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'NamesExcluded' AND name LIKE value ESCAPE '\')
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'FilesExcluded' AND file LIKE value ESCAPE '\')
)
SELECT eid, CAST(eid AS TEXT) AS eids, path || ' made ' || file AS summary, file FROM hits WHERE place = 1
