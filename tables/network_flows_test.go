package tables

import "testing"

func TestScopeOf(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1": "loopback", "127.255.1.2": "loopback", "::1": "loopback", "::ffff:127.0.0.1": "loopback",
		"169.254.1.1": "link_local", "fe80::1": "link_local", "fe80::1%eth0": "link_local",
		"10.1.2.3": "private", "172.16.0.1": "private", "192.168.1.1": "private", "fd00::1": "private",
		"224.0.0.251": "multicast", "239.1.1.1": "multicast", "ff02::fb": "multicast",
		"0.0.0.0": "unspecified", "::": "unspecified",
		"8.8.8.8": "global", "2001:db8::1": "global", "172.32.0.1": "global",
		"": "", "/run/x.sock": "", "300.1.1.1": "", "\x00": "",
	} {
		if got := scopeOf(address); got != want {
			t.Errorf("%q is %q, want %q", address, got, want)
		}
	}
}
