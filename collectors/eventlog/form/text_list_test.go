package form

import (
	"fmt"
	"strings"
	"testing"
)

// auditMessage is the message of a process's start, indented as in a list.
func auditMessage(indent string) string {
	var b strings.Builder
	for _, line := range []string{
		"", "Creator Subject:", "\tSecurity ID:\t\tS-1-5-18", "\tAccount Name:\t\tWS01$", "", "Process Information:",
		"\tNew Process ID:\t\t0x1a2c", "\tNew Process Name:\tC:\\Windows\\System32\\cmd.exe", "\tProcess Command Line:\tcmd /c echo a b c",
	} {
		b.WriteString(strings.TrimRight(indent+line, " ") + "\r\n")
	}
	return b.String()
}

// TestListOfPowerShell reads what Get-WinEvent and Get-EventLog give, as Format-List writes it.
func TestListOfPowerShell(t *testing.T) {
	few := "TimeCreated  : 5/6/2024 7:08:%02d AM\r\nProviderName : Microsoft-Windows-Security-Auditing\r\nId           : 4688\r\n" +
		"Message      : A new process has been created.\r\n" + auditMessage("               ") + "\r\n\r\n"
	all := "Message              : A new process has been created.\r\n" + auditMessage(strings.Repeat(" ", 23)) +
		"\r\nId                   : 4688\r\nVersion              : 2\r\nQualifiers           : \r\nLevel                : 0\r\n" +
		"Keywords             : -9214364837600034816\r\nRecordId             : %d\r\n" +
		"ProviderName         : Microsoft-Windows-Security-Auditing\r\nProviderId           : 54849625-5478-4994-a5ba-3e3b0328c30d\r\n" +
		"LogName              : Security\r\nProcessId            : 4\r\nThreadId             : 8\r\n" +
		"MachineName          : WS01.corp.example\r\n" +
		"UserId               : \r\nTimeCreated          : 5/6/2024 7:08:09 AM\r\nActivityId           : \r\n" +
		"KeywordsDisplayNames : {Audit Success}\r\nLevelDisplayName     : Information\r\nProperties           : {System.A, System.B...}\r\n" +
		"Site                 : north\r\n\r\n\r\n"
	classic := "Index              : %d\r\nEntryType          : SuccessAudit\r\nInstanceId         : 4688\r\n" +
		"Message            : A new process has been created.\r\n" + auditMessage(strings.Repeat(" ", 21)) +
		"Category           : (13312)\r\nReplacementStrings : {S-1-5-18, WS01$}\r\nSource             : Microsoft-Windows-Security-Auditing\r\n" +
		"TimeGenerated      : 5/6/2024 7:08:09 AM\r\nTimeWritten        : 5/6/2024 7:08:10 AM\r\nUserName           : \r\n\r\n"
	many := func(format string) string {
		var b strings.Builder
		for i := range 3 {
			fmt.Fprintf(&b, format, i+1)
		}
		return b.String()
	}
	for name, input := range map[string]string{
		"few properties":  "\r\n\r\n" + many(few),
		"all properties":  "\r\n\r\n" + many(all),
		"Get-EventLog":    many(classic),
		"in a transcript": "PS C:\\> Get-WinEvent Security | fl\r\n\r\n" + many(few) + "PS C:\\> exit\r\n",
		"two lists":       "\n" + strings.ReplaceAll(fmt.Sprintf(few, 1)+fmt.Sprintf(few, 2)+"\r\n"+fmt.Sprintf(all, 3), "\r\n", "\n"),
	} {
		t.Run(name, func(t *testing.T) {
			r, err := NewReader(strings.NewReader(input))
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			if err := Each(r, func(rec *Record) bool {
				n++
				if rec.EventID != 4688 || rec.Provider != "Microsoft-Windows-Security-Auditing" || rec.TimeNS/1e9/60 != 1714979280/60 ||
					rec.Get("SubjectUserSid") != "S-1-5-18" || rec.Get("NewProcessName") != `C:\Windows\System32\cmd.exe` ||
					rec.Get("CommandLine") != "cmd /c echo a b c" || !strings.HasPrefix(rec.Message, "A new process has been created.\n\nCreator") {
					t.Errorf("record %d: %+v", n, rec)
				}
				if name == "all properties" && (rec.RecordID != uint64(n) || rec.Channel != "Security" || rec.PID != 4 || rec.TID != 8 ||
					rec.Computer != "WS01.corp.example" || rec.Keywords != 0x8020000000000000 || rec.Version != 2 || rec.Level != 0 ||
					rec.ProviderGUID != "{54849625-5478-4994-a5ba-3e3b0328c30d}") {
					t.Errorf("record %d: %+v", n, rec)
				}
				if name == "Get-EventLog" && (rec.RecordID != uint64(n) || rec.Keywords != 0x8020000000000000) {
					t.Errorf("record %d: %+v", n, rec)
				}
				return true
			}); err != nil || n != 3 || r.Stats().Damaged+r.Stats().Refused > 0 || r.Stats().Local != 3 {
				t.Errorf("%d records, %v, %+v", n, err, r.Stats())
			}
		})
	}
}

// TestListForAScreen: lines that PowerShell broke because the screen ends are one.
func TestListForAScreen(t *testing.T) {
	const input = `TimeCreated  : 2024-05-06 07:08:09
ProviderName : Microsoft-Windows-Sysmon
Id           : 1
Message      : Process Create:
               UtcTime: 2024-05-06 07:08:09.123
               ProcessGuid: {0a1b2c3d-5192-69a5-0002-000000000001}
               Image: C:\a.exe
               CommandLine: a.exe /one /two /three and what would not fit
               into one line of the screen: all of it
               CurrentDirectory: C:\with_a_name_that_is_longer_than_a_line_of
               _the_screen_and_goes_on\
               User: EXAMPLE\ann
`
	r, err := NewReader(strings.NewReader(input))
	if err != nil {
		t.Fatal(err)
	}
	rec, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"CommandLine":      "a.exe /one /two /three and what would not fit into one line of the screen: all of it",
		"CurrentDirectory": `C:\with_a_name_that_is_longer_than_a_line_of_the_screen_and_goes_on\`, "User": `EXAMPLE\ann`, "Image": `C:\a.exe`,
	} {
		if got := rec.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}
