package event

import "testing"

func TestDirectSyscall(t *testing.T) {
	for trace, want := range map[string]bool{
		"": false,
		`C:\Windows\SYSTEM32\ntdll.dll+9d4c4|C:\x.dll+1`:                    false,
		`C:\Windows\SysWOW64\ntdll.dll+9d4c4`:                               false,
		`C:\WINDOWS\System32\win32u.dll+1234`:                               false,
		`C:\Windows\System32\wow64cpu.dll+12`:                               false,
		`UNKNOWN(000001F2A0B10000)`:                                         true,
		`UNKNOWN(000001F2A0B10000)|C:\Windows\SYSTEM32\ntdll.dll+9d4c4`:     true,
		`C:\Users\ann\x.exe+1234|C:\Windows\SYSTEM32\ntdll.dll+9d4c4`:       true,
		`C:\Users\ann\ntdll.dll+9d4c4|C:\Windows\System32\KERNELBASE.dll+1`: true,
	} {
		if got := DirectSyscall(trace); got != want {
			t.Errorf("%q: %v, want %v", trace, got, want)
		}
	}
}

func TestFrames(t *testing.T) {
	for trace, want := range map[string]struct {
		module   string
		unbacked bool
	}{
		"": {},
		`C:\Windows\SYSTEM32\ntdll.dll+9d4c4|C:\Windows\System32\KERNELBASE.dll+2c13e|C:\Users\ann\a.exe+1000`: {`C:\Users\ann\a.exe`, false},
		`C:\Windows\SYSTEM32\ntdll.dll+9d4c4|UNKNOWN(000001F2A0B10000)`:                                        {"", true},
		`C:\Windows\SYSTEM32\ntdll.dll+9d4c4|C:\a+b\x.dll+20|UNKNOWN(000001F2A0B10000)|C:\z.dll+1`:             {`C:\a+b\x.dll`, true},
		`C:\Windows\SYSTEM32\ntdll.dll+9d4c4|C:\Windows\System32\win32u.dll+1`:                                 {"", false},
	} {
		if got := Unbacked(trace); got != want.unbacked {
			t.Errorf("%s: unbacked is %v", trace, got)
		}
		if got := CallerModule(trace); got != want.module {
			t.Errorf("%s: the caller is %q, want %q", trace, got, want.module)
		}
	}
}
