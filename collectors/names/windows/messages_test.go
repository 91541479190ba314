package windows

import "testing"

func TestAccessMask(t *testing.T) {
	for list, want := range map[string]uint32{
		"":                                   0,
		"-":                                  0,
		"%%1537 %%1538 %%1539 %%1540 %%1541": 0x1f0000,
		"%%1542":                             accessSystemSecurity,
		"%%4416 %%4417 %%4424":               0x0103, // of a file
		"%%4480\r\n\t\t\t\t%%4484\r\n%%4490": ProcessTerminate | ProcessVMRead | 0x400,
		"%%4433":                             0x2,   // of a key
		"%%5400 %%5401":                      0x300, // of a SAM domain
		"%%7168 %%7169":                      0x3,   // of the service manager
		"%%7688":                             0x100, // of a directory's object
		"%%1552 %%1554":                      0x5,
		"%%2304 %%99999999999999999999 x %%": 0,
	} {
		if got := AccessMask(list); got != want {
			t.Errorf("%q: %#x, want %#x", list, got, want)
		}
	}
}

func TestAccessText(t *testing.T) {
	for _, c := range []struct {
		kind string
		mask uint32
		want string
	}{
		{"Process", 0x1410, "PROCESS_VM_READ|PROCESS_QUERY_INFORMATION|PROCESS_QUERY_LIMITED_INFORMATION"},
		{"Key", 0x10002, "KEY_SET_VALUE|DELETE"},
		{"SAM_DOMAIN", 0x300, "DOMAIN_LIST_ACCOUNTS|DOMAIN_LOOKUP"},
		{"Thread", 0x1a, "THREAD_SUSPEND_RESUME|THREAD_GET_CONTEXT|THREAD_SET_CONTEXT"},
		{"Section", 0x6, "SECTION_MAP_WRITE|SECTION_MAP_READ"},
		{"%{19195a5b-6da0-11d0-afd3-00c04fd930c9}", 0x100, "ADS_RIGHT_DS_CONTROL_ACCESS"},
		{"Unheard", 0x10004, "DELETE|0x4"},
	} {
		if got := AccessText(c.kind, c.mask); got != c.want {
			t.Errorf("%s %#x: %s, want %s", c.kind, c.mask, got, c.want)
		}
	}
}

func TestMessageTexts(t *testing.T) {
	if got, want := AccountControlText("%%2080 %%2058 %%2089 %%2064 %%2111 %%7"),
		"%%2080 Account Disabled %%2058 Account Unlocked %%2089 Don't Expire Password - Enabled "+
			"%%2064 Don't Require Preauth - Disabled %%2111 %%7"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := FailureText("%%2313"); got != "Unknown user name or bad password." {
		t.Error(got)
	}
	for _, s := range []string{"", "-", "%%2303", "%%2316", "text"} {
		if got := FailureText(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
	if a, b, c := StatusName(0xc000006a), KerberosErrorName(0x18), StatusName(0x18); a != "STATUS_WRONG_PASSWORD" ||
		b != "KDC_ERR_PREAUTH_FAILED" || c != "" {
		t.Error(a, b, c)
	}
}
