package event

import "testing"

func TestUserChange(t *testing.T) {
	type side struct {
		user, sid string
		logon     uint64
	}
	for _, c := range []struct {
		name          string
		before, after side
		want          string
	}{
		{"the same user in another session", side{`EXAMPLE\ann`, "", 0x1234}, side{`EXAMPLE\ann`, "", 0x9999}, ""},
		{"a domain by its other name", side{`example.test\Ann`, "", 0}, side{`EXAMPLE\ann`, "", 0}, ""},
		{"SYSTEM as an audit and as Sysmon call it", side{`EXAMPLE\WS01$`, "", 0x3e7}, side{`NT AUTHORITY\SYSTEM`, "", 0x3e7}, ""},
		{"SYSTEM in another language", side{`EXAMPLE\ann`, "", 0}, side{`AUTORITE NT\Système`, "S-1-5-18", 0}, "to_system"},
		{"SYSTEM by its translated name alone", side{`AUTORITE NT\Système`, "", 0}, side{`AUTORITE NT\Système`, "", 0x3e7}, ""},
		{"a translated name of somebody else's domain", side{`EXAMPLE\sistema`, "", 0x1234}, side{`NT AUTHORITY\SYSTEM`, "", 0x3e7}, "to_system"},
		{"a machine's account without a session", side{`EXAMPLE\WS01$`, "", 0}, side{`EXAMPLE\ann`, "", 0x1234}, ""},
		{"a service becomes SYSTEM", side{`NT AUTHORITY\NETWORK SERVICE`, "", 0x3e4}, side{`NT AUTHORITY\SYSTEM`, "", 0x3e7}, "to_system"},
		{"services.exe starts a service", side{`NT AUTHORITY\SYSTEM`, "", 0x3e7}, side{`NT AUTHORITY\LOCAL SERVICE`, "", 0x3e5}, "to_service"},
		{"a service by its name alone", side{`NT AUTHORITY\LOCAL SERVICE`, "", 0}, side{`EXAMPLE\WS01$`, "", 0x3e5}, ""},
		{"SYSTEM starts a user's program", side{`NT AUTHORITY\SYSTEM`, "", 0x3e7}, side{`EXAMPLE\ann`, "", 0x1234}, "from_system"},
		{"one user as another", side{`EXAMPLE\ann`, "", 0x1234}, side{`EXAMPLE\bob`, "", 0x5678}, "other"},
		{
			"a session beats an identifier learned elsewhere",
			side{`EXAMPLE\ann`, "S-1-5-18", 0x1234},
			side{`NT AUTHORITY\SYSTEM`, "", 0x3e7},
			"to_system",
		},
		{"nobody knows whose", side{"", "", 0x1234}, side{`EXAMPLE\bob`, "", 0x5678}, ""},
	} {
		parent := &Process{User: c.before.user, Windows: &WindowsProcess{UserSID: c.before.sid, LogonID: c.before.logon}}
		child := &Process{User: c.after.user, Windows: &WindowsProcess{UserSID: c.after.sid, LogonID: c.after.logon}, Creator: parent.AsCreator()}
		if got := child.UserChange(); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	parent := &Process{Path: `C:\Windows\System32\LSASS.exe`, Windows: &WindowsProcess{LogonID: 0x3e7}}
	if got := (&Process{
		User: "SYSTEM", Windows: &WindowsProcess{LogonID: 0x3e7},
		Creator: parent.AsCreator(),
	}).UserChange(); got != "from_silent" {
		t.Errorf("below lsass.exe: %q", got)
	}
	parent.Path = `C:\Windows\servicing\TrustedInstaller.exe`
	if got := (&Process{
		User: "SYSTEM", Windows: &WindowsProcess{LogonID: 0x3e7},
		Creator: parent.AsCreator(),
	}).UserChange(); got != "from_silent" {
		t.Errorf("below TrustedInstaller.exe: %q", got)
	}
	if got := new(Process).UserChange(); got != "" {
		t.Errorf("of nothing known: %q", got)
	}
}

func TestArgumentsOfDetails(t *testing.T) {
	for want, e := range map[string]Event{
		"enabled=SeDebugPrivilege token_user=EXAMPLE\\ann": {
			API: APINamed("AdjustTokenPrivileges"), Detail: &Privileges{Action: "adjust", Enabled: "SeDebugPrivilege", User: `EXAMPLE\ann`},
		},
		"logon_type=new_credentials action=logon logon_user=EXAMPLE\\ann logon_process=seclogo": {
			API: APINamed("LsaLogonUser"), NArgs: 1, Args: [4]uint64{9}, Detail: &Logon{
				Action: "logon", User: `EXAMPLE\ann`,
				LogonProcess: "seclogo",
			},
		},
		`pipe=\x`: {Kind: KindPipe, API: APINamed("CreateNamedPipe"), Path: `\x`, Detail: &Pipe{Action: "create"}},
		`share=\\*\IPC$ client=::1 pipe=\x`: {
			Kind: KindFileAccess, API: APINamed("ConnectNamedPipe"), Path: `\\*\IPC$\x`, Detail: &ObjectAccess{Share: `\\*\IPC$`, Remote: "::1"},
		},
		"": {API: APINamed("AdjustTokenPrivileges"), Detail: &Privileges{}},
	} {
		if got := e.Arguments(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	remote := Event{
		Kind: KindFileAccess, API: APINamed("ConnectNamedPipe"), Path: `\\*\IPC$\x`,
		Detail: &ObjectAccess{Share: `\\*\IPC$`, Remote: "192.0.2.7"},
	}
	if got := remote.Arguments(); got != `share=\\*\IPC$` {
		t.Errorf("a pipe opened from another machine: %q", got)
	}
}
