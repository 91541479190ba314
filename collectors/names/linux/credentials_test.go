package linux_test

import (
	"slices"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/names/linux"
)

func TestCredentialStores(t *testing.T) {
	for path, want := range map[string]bool{
		"/etc/shadow": true, "/etc/shadow-": true, "/tmp/etc/shadow": false, "/etc/shadow/x": false, "/etc/ssh/ssh_host_ed25519_key": true,
		"/etc/ssh/ssh_host_ed25519_key.pub": false, "/home/a b/.ssh/id_rsa": true, "/srv/x/y/.ssh/id_rsa": true, "/home/a/.ssh/id_rsa.pub": false,
		"/.ssh/id_rsa": false, "": false, "/": false, "/home/a/.ssh/known_hosts": false, "/home/a/.mozilla/firefox/x.default/logins.json": true,
		"/home/a/.config/google-chrome/Default/Login Data": true, "/home/a\n/.config/chromium/Default/Network/Cookies": true,
		"/home/a/.config/BraveSoftware/Brave-Browser/Default/Login Data": true, "/home/a/Login Data": false, "/tmp/krb5cc_1000": true,
	} {
		if got := linux.IsCredentialStore(path); got != want {
			t.Errorf("%q: %v", path, got)
		}
	}
	whole, home := linux.NamedStores()
	if !slices.Contains(whole, "/etc/shadow") || !slices.Contains(home, ".aws/credentials") || slices.Contains(home, ".ssh/id_*") {
		t.Errorf("named: %q and %q", whole, home)
	}
	for _, l := range linux.Lists() {
		if len(l.Words) == 0 || l.Name == "" || l.Column == "" {
			t.Errorf("%+v", l)
		}
	}
}
