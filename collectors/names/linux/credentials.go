package linux

import (
	"path"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/names"
)

// credentialStores are files that hold passwords, keys or tokens, as path.Match has patterns. Those that begin with ~ lie in any folder:
// whose home is where is not known for containers.
var credentialStores = []string{
	"/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/security/opasswd", "/etc/krb5.keytab", "/etc/ssh/ssh_host_*_key",
	"/etc/ipsec.secrets", "/etc/ppp/chap-secrets", "/etc/kubernetes/admin.conf", "/etc/rancher/k3s/k3s.yaml",
	"/etc/NetworkManager/system-connections/*", "/var/lib/sss/db/*.ldb", "/var/lib/sss/secrets/*", "/var/lib/samba/private/*.tdb",
	"/var/lib/samba/private/*.ldb", "/tmp/krb5cc_*", "/var/run/secrets/kubernetes.io/serviceaccount/*/token",
	"/run/secrets/kubernetes.io/serviceaccount/*/token", "/var/lib/kubelet/pki/kubelet-client-*.pem",
	"~/.ssh/id_*", "~/.ssh/identity", "~/.gnupg/private-keys-v1.d/*.key", "~/.gnupg/secring.gpg", "~/.netrc", "~/.git-credentials",
	"~/.pgpass",
	"~/.my.cnf", "~/.aws/credentials", "~/.azure/msal_token_cache.json", "~/.azure/accessTokens.json", "~/.config/gcloud/credentials.db",
	"~/.config/gcloud/access_tokens.db", "~/.config/gcloud/application_default_credentials.json", "~/.kube/config", "~/.docker/config.json",
	"~/.local/share/keyrings/*.keyring", "~/.local/share/kwalletd/*.kwl", "~/.mozilla/firefox/*/key4.db", "~/.mozilla/firefox/*/logins.json",
	"~/.mozilla/firefox/*/cookies.sqlite", "~/.config/*/*/Login Data", "~/.config/*/*/Cookies", "~/.config/*/*/Network/Cookies",
	"~/.config/*/*/*/Login Data", "~/.config/*/*/*/Cookies",
}

// Lists gives the words by which files of Linux are told.
func Lists() []names.List {
	return []names.List{{
		Name: "credential_stores", Meaning: "Files that hold passwords, keys or tokens; ~ stands for any folder. An id_*.pub is none.",
		Column: "open_sensitive_files.class", Words: credentialStores,
	}}
}

// NamedStores gives the credential stores whose names are known without looking: in the file system, and in a home.
func NamedStores() (whole, ofHome []string) {
	for _, pattern := range credentialStores {
		rest, home := strings.CutPrefix(pattern, "~/")
		switch {
		case strings.ContainsAny(pattern, "*?["):
		case home:
			ofHome = append(ofHome, rest)
		default:
			whole = append(whole, pattern)
		}
	}
	return whole, ofHome
}

// IsCredentialStore tells whether a path is one of a credential store.
func IsCredentialStore(name string) bool {
	if strings.HasSuffix(name, ".pub") {
		return false
	}
	for _, pattern := range credentialStores {
		rest, home := strings.CutPrefix(pattern, "~/")
		tail := name
		if home {
			if tail = lastParts(name, strings.Count(rest, "/")+1); tail == "" {
				continue
			}
		}
		if ok, err := path.Match(rest, tail); ok && err == nil {
			return true
		}
	}
	return false
}

// lastParts gives the last n parts of an absolute path, "" where no folder is before them.
func lastParts(name string, n int) string {
	for i := len(name) - 1; i > 0; i-- {
		if name[i] == '/' {
			if n--; n == 0 {
				return name[i+1:]
			}
		}
	}
	return ""
}
