package bpf

import "strings"

// Bits of a watched name: program/watch.h.
const (
	ownProc = 1 << iota
	otherProc
	anyFile
	socketFile
)

// nameSize is how long a watched name may be, its NUL included.
const nameSize = 32

// procNames are files of processes whose opening is told. The own ones of which everybody reads are left out; opening any file under
// /proc to write is told in any case.
var procNames = map[string]uint32{
	"mem": ownProc | otherProc, "maps": ownProc | otherProc, "status": ownProc | otherProc, "smaps": otherProc, "smaps_rollup": otherProc,
	"numa_maps": otherProc, "environ": otherProc, "auxv": otherProc, "pagemap": otherProc, "syscall": otherProc, "stack": otherProc,
	"fd": otherProc, "fdinfo": otherProc, "map_files": otherProc,
}

// fileNames are files whose opening tells something wherever they lie below a folder; "" stands for anywhere.
var fileNames = map[string][]string{
	// What the system knows of secrets.
	"shadow": {"/etc/"}, "shadow-": {"/etc/"}, "gshadow": {"/etc/"}, "gshadow-": {"/etc/"}, "sudoers": {"/etc/"},
	"opasswd":     {"/etc/security/"},
	"krb5.keytab": {""}, "secrets.ldb": {""},
	// Those of users and of what they log in to.
	"id_rsa": {""}, "id_dsa": {""}, "id_ecdsa": {""}, "id_ed25519": {""}, "authorized_keys": {"/.ssh/"}, ".netrc": {""}, ".pgpass": {""},
	".git-credentials": {""}, ".my.cnf": {""}, "credentials": {"/.aws/", "/.config/"}, "credentials.db": {"/gcloud/"},
	"access_tokens.db": {"/gcloud/"}, "accessTokens.json": {"/.azure/"}, "config.json": {"/.docker/"}, ".Xauthority": {""},
	"login.keyring": {""}, "Login.keyring": {""}, "default.keyring": {""}, "Default_keyring.keyring": {""}, "Default.keyring": {""},
	"user.keystore": {""}, "kdewallet.kwl": {""}, "secring.gpg": {""},
	// Browsers.
	"Login Data For Account": {""}, "logins-backup.json": {""},
	"logins.json": {""}, "key4.db": {""}, "key3.db": {""}, "signons.sqlite": {""}, "cookies.sqlite": {""}, "places.sqlite": {""},
	"formhistory.sqlite": {""}, "Login Data": {""}, "Cookies": {""}, "Web Data": {""}, "Local State": {""}, "History": {"/.config/"},
	".mozilla": {""},
	// What a user did.
	".bash_history": {""}, ".zsh_history": {""}, ".ash_history": {""}, ".python_history": {""}, ".mysql_history": {""}, ".psql_history": {""},
	// What the system keeps of what was done. Their own writers hold them open.
	"wtmp": {"/var/log/"}, "auth.log": {"/var/log/"}, "secure": {"/var/log/"}, "syslog": {"/var/log/"}, "messages": {"/var/log/"},
	"audit.log": {"/var/log/"},
	// Where the machine stands and what its users speak.
	"timezone": {"/etc/"}, "locale.conf": {"/etc/"}, "locale": {"/etc/default/"},
}

// socketNames are sockets that tell what is wanted of them: screens, sound and containers.
var socketNames = []string{
	"X0", "X1", "X2", "X3", "X4", "X5", "X6", "X7", "X8", "X9", "native", "pipewire-0", "docker.sock", "containerd.sock", "crio.sock",
	"podman.sock",
}

// devices are those whose opening is told, by their major and minor numbers; -1 stands for any (Documentation/admin-guide/devices.txt).
var devices = [][2]int64{
	{81, -1},       // video4linux
	{13, -1},       // input
	{116, -1},      // ALSA
	{14, -1},       // OSS
	{1, 1}, {1, 2}, // mem, kmem
	{1, 4},    // port
	{10, 223}, // uinput
}

// told says whether the opening of a file of a watched name is told, by where it lies.
func told(path string) bool {
	folders, named := fileNames[path[strings.LastIndexByte(path, '/')+1:]]
	if !named {
		return true // it is told for another reason
	}
	for _, f := range folders {
		if strings.Contains(path, f) {
			return true
		}
	}
	return false
}
