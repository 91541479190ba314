package windows

import "testing"

func TestCodeText(t *testing.T) {
	for in, want := range map[string]string{
		"%%1058":     "%%1058 ERROR_SERVICE_DISABLED",
		"%%2":        "%%2 ERROR_FILE_NOT_FOUND",
		"2147942402": "2147942402 ERROR_FILE_NOT_FOUND",
		"0x80070005": "0x80070005 ERROR_ACCESS_DENIED",
		"9003":       "9003 DNS_ERROR_RCODE_NAME_ERROR",
		"0xc0000022": "0xc0000022 STATUS_ACCESS_DENIED",
		"0":          "0",
		"%%99999":    "%%99999",
		"-1":         "-1",
		"a text":     "a text",
		"":           "",
	} {
		if got := CodeText(in); got != want {
			t.Errorf("%q reads as %q instead of %q", in, got, want)
		}
	}
}

func TestTicketNames(t *testing.T) {
	if got := EncryptionName(0x17); got != "RC4-HMAC" {
		t.Errorf("0x17 is %q", got)
	}
	if got := EncryptionName(0xffffffff); got != "" {
		t.Errorf("no encryption is %q", got)
	}
	// What event 4768's documentation shows 0x40810010 to mean.
	if got, want := TicketOptionsText(0x40810010), "forwardable|renewable|canonicalize|renewable-ok"; got != want {
		t.Errorf("%q instead of %q", got, want)
	}
	if got := TicketOptionsText(0); got != "" {
		t.Errorf("no option is %q", got)
	}
}

func TestMessageText(t *testing.T) {
	for in, want := range map[string]string{
		"%%8448, %%8450":     "%%8448 Success removed, %%8450 Failure removed",
		"%%12544":            "%%12544 Logon",
		"%%3":                "%%3",
		"100 %% of":          "100 %% of",
		"no  number\tat all": "no  number\tat all",
		"":                   "",
	} {
		if got := MessageText(in); got != want {
			t.Errorf("%q reads as %q instead of %q", in, got, want)
		}
	}
}

func TestAccountControls(t *testing.T) {
	// Event 4738's documentation: 0x15 is a disabled normal account without a password.
	if got, want := UserControlText(0x15), "Account Disabled, Password Not Required, Normal Account"; got != want {
		t.Errorf("%q instead of %q", got, want)
	}
	if got, want := UserControlText(1<<31), "0x80000000"; got != want {
		t.Errorf("%q instead of %q", got, want)
	}
	if got, want := DirectoryControlText(4260352), "NORMAL_ACCOUNT|DONT_EXPIRE_PASSWD|DONT_REQUIRE_PREAUTH"; got != want {
		t.Errorf("%q instead of %q", got, want)
	}
}

func TestIntegrityText(t *testing.T) {
	for in, want := range map[string]string{
		"S-1-16-12288": "High", `Mandatory Label\High Mandatory Level`: "High", `Mandatory Label\Medium Plus Mandatory Level`: "MediumPlus",
		"High Mandatory Level": "High", `Mandatory Label\Other Mandatory Level`: "", "High": "", "": "",
	} {
		if got := IntegrityText(in); got != want {
			t.Errorf("%q is %q instead of %q", in, got, want)
		}
	}
}
