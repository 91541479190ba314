package bpf

import "strings"

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
