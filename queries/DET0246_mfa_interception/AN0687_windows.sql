-- id: AN0687
-- name: Second factor or PIN taken where it is typed or where the card is read
-- strategy: DET0246
-- technique: T1111
-- tactics: Credential Access
-- platform: windows
-- description: A foreign program becomes one of those to which Windows hands the user's PIN or password (credential
--   provider or its filter, network provider, notification package); or within the window a foreign program shows two
--   of: reading the memory of the programs that ask for it, capturing the keyboard, using the smart card library, and
--   afterwards changing how readers are reached; or one of the first three is followed by a remote or explicit logon.
--   Or a store of a program for one-time codes is copied or searched, or a script looks for codes in mail or messages.
-- log_sources: WinEventLog:Sysmon, WinEventLog:Security
-- tables: api_calls, logons
-- extra: signs, object
-- pyramid_level: 4
-- severity: medium
-- interval: 10
-- window: TimeWindow
-- tuning:
--   AccessMask | text | rights | PROCESS_VM_READ | AccessMask | Rights that let a process see what another one holds.
--   AccessMask | text | rights | PROCESS_ALL_ACCESS | AccessMask | Rights that let a process see what another one holds.
--   AccessMask | text | rights | PROCESS_VM_WRITE | AccessMask | Rights that let a process see what another one holds.
--   ProcessNameExclusions | like | executable path | C:\\Windows\\% | ProcessNameExclusions | Where programs lie that may do so, accessibility tools among them; ScriptHosts are never among them.
--   ProcessNameExclusions | like | executable path | _:\\Program Files\\% | ProcessNameExclusions | Where programs lie that may do so, accessibility tools among them; ScriptHosts are never among them.
--   ProcessNameExclusions | like | executable path | _:\\Program Files (x86)\\% | ProcessNameExclusions | Where programs lie that may do so, accessibility tools among them; ScriptHosts are never among them.
--   ProcessNameExclusions | like | executable path | C:\\ProgramData\\Microsoft\\Windows Defender\\% | ProcessNameExclusions | Where programs lie that may do so, accessibility tools among them; ScriptHosts are never among them.
--   TimeWindow | window | seconds | 900 | TimeWindow | How close together the signs must be.
--   ScriptHosts | text | executable name | powershell.exe | apiwatch | Programs of Windows that run what they are told.
--   ScriptHosts | text | executable name | pwsh.exe | apiwatch | Programs of Windows that run what they are told.
--   ScriptHosts | text | executable name | cmd.exe | apiwatch | Programs of Windows that run what they are told.
--   ScriptHosts | text | executable name | rundll32.exe | apiwatch | Programs of Windows that run what they are told.
--   ScriptHosts | text | executable name | regsvr32.exe | apiwatch | Programs of Windows that run what they are told.
--   ScriptHosts | text | executable name | wscript.exe | apiwatch | Programs of Windows that run what they are told.
--   ScriptHosts | text | executable name | cscript.exe | apiwatch | Programs of Windows that run what they are told.
--   ScriptHosts | text | executable name | mshta.exe | apiwatch | Programs of Windows that run what they are told.
--   ScriptHosts | text | executable name | reg.exe | apiwatch | Programs of Windows that run what they are told.
--   PinPrograms | text | executable name | LogonUI.exe | apiwatch | Programs into which PINs and codes are typed.
--   PinPrograms | text | executable name | winlogon.exe | apiwatch | Programs into which PINs and codes are typed.
--   PinPrograms | text | executable name | CredentialUIBroker.exe | apiwatch | Programs into which PINs and codes are typed.
--   PinPrograms | text | executable name | consent.exe | apiwatch | Programs into which PINs and codes are typed.
--   PinPrograms | text | executable name | mstsc.exe | apiwatch | Programs into which PINs and codes are typed.
--   PinPrograms | text | executable name | SCardSvr.exe | apiwatch | Programs into which PINs and codes are typed.
--   CardLibraries | text | library | winscard.dll | apiwatch | Libraries through which programs speak to smart cards and to the PIN of Windows.
--   CardLibraries | text | library | cryptngc.dll | apiwatch | Libraries through which programs speak to smart cards and to the PIN of Windows.
--   CardLibraries | text | library | basecsp.dll | apiwatch | Libraries through which programs speak to smart cards and to the PIN of Windows.
--   InputCalls | text | API | SetWindowsHookEx | apiwatch | Calls by which a program sees what others are typed.
--   InputCalls | text | API | RegisterRawInputDevices | apiwatch | Calls by which a program sees what others are typed.
--   InputCalls | text | API | GetAsyncKeyState | apiwatch | Calls by which a program sees what others are typed.
--   InputArguments | like | arguments | %WH_KEYBOARD% | apiwatch | What makes such a call one about the keyboard of others.
--   InputArguments | like | arguments | %usage=6 flags=%INPUTSINK% | apiwatch | What makes such a call one about the keyboard of others.
--   InputArguments | like | arguments | %background_calls=% | apiwatch | What makes such a call one about the keyboard of others.
--   WatchedValues | text | last part of a path | (Default) | apiwatch | Last parts of the values below.
--   WatchedValues | text | last part of a path | ProviderOrder | apiwatch | Last parts of the values below.
--   WatchedValues | text | last part of a path | ProviderPath | apiwatch | Last parts of the values below.
--   WatchedValues | text | last part of a path | Notification Packages | apiwatch | Last parts of the values below.
--   WatchedValues | text | last part of a path | fEnableSmartCard | apiwatch | Last parts of the values below.
--   WatchedValues | text | last part of a path | fDisableSmartCard | apiwatch | Last parts of the values below.
--   WatchedValues | text | last part of a path | AllowRedirectedSmartCard | apiwatch | Last parts of the values below.
--   WatchedValues | text | last part of a path | UpperFilters | apiwatch | Last parts of the values below.
--   WatchedValues | text | last part of a path | Crypto Provider | apiwatch | Last parts of the values below.
--   ProviderKeys | like | registry value | %\\Authentication\\Credential Providers\\{%}\\% | apiwatch | Where those are entered to whom Windows hands what users type at logon: enough by itself.
--   ProviderKeys | like | registry value | %\\Authentication\\Credential Provider Filters\\{%}\\% | apiwatch | Where those are entered to whom Windows hands what users type at logon: enough by itself.
--   ProviderKeys | like | registry value | %\\Control\\NetworkProvider\\Order\\ProviderOrder | apiwatch | Where those are entered to whom Windows hands what users type at logon: enough by itself.
--   ProviderKeys | like | registry value | %\\NetworkProvider\\ProviderPath | apiwatch | Where those are entered to whom Windows hands what users type at logon: enough by itself.
--   ProviderKeys | like | registry value | %\\Control\\Lsa\\Notification Packages | apiwatch | Where those are entered to whom Windows hands what users type at logon: enough by itself.
--   ReaderKeys | like | registry value | %\\fEnableSmartCard | apiwatch | How cards and readers are reached, and the filters of readers and keyboards.
--   ReaderKeys | like | registry value | %\\fDisableSmartCard | apiwatch | How cards and readers are reached, and the filters of readers and keyboards.
--   ReaderKeys | like | registry value | %\\AllowRedirectedSmartCard | apiwatch | How cards and readers are reached, and the filters of readers and keyboards.
--   ReaderKeys | like | registry value | %\\Calais\\SmartCards\\% | apiwatch | How cards and readers are reached, and the filters of readers and keyboards.
--   ReaderKeys | like | registry value | %\\{50DD5230-BA8A-11D1-BF5D-0000F805F530}\\UpperFilters | apiwatch | How cards and readers are reached, and the filters of readers and keyboards.
--   ReaderKeys | like | registry value | %\\{4D36E96B-E325-11CE-BFC1-08002BE10318}\\UpperFilters | apiwatch | How cards and readers are reached, and the filters of readers and keyboards.
--   CodeStores | like | file or command line | %\\Authy Desktop\\% | apiwatch | Where programs for one-time codes and those that show the messages of a telephone keep their secrets.
--   CodeStores | like | file or command line | %\\WinAuth\\% | apiwatch | Where programs for one-time codes and those that show the messages of a telephone keep their secrets.
--   CodeStores | like | file or command line | %winauth.xml% | apiwatch | Where programs for one-time codes and those that show the messages of a telephone keep their secrets.
--   CodeStores | like | file or command line | %bhghoamapcdpbohphigoooaddinpkbai% | apiwatch | Where programs for one-time codes and those that show the messages of a telephone keep their secrets.
--   CodeStores | like | file or command line | %\\Authenticator\\%.db% | apiwatch | Where programs for one-time codes and those that show the messages of a telephone keep their secrets.
--   CodeStores | like | file or command line | %\\2FAS% | apiwatch | Where programs for one-time codes and those that show the messages of a telephone keep their secrets.
--   CodeStores | like | file or command line | %\\ente\_auth% | apiwatch | Where programs for one-time codes and those that show the messages of a telephone keep their secrets.
--   CodeStores | like | file or command line | %\\Ente Auth\\% | apiwatch | Where programs for one-time codes and those that show the messages of a telephone keep their secrets.
--   CodeStores | like | file or command line | %Microsoft.YourPhone\_%phone.db% | apiwatch | Where programs for one-time codes and those that show the messages of a telephone keep their secrets.
--   CodeStores | like | file or command line | %Microsoft.YourPhone\_%\\Indexed\\% | apiwatch | Where programs for one-time codes and those that show the messages of a telephone keep their secrets.
--   CodeStores | like | file or command line | %otpauth://% | apiwatch | Where programs for one-time codes and those that show the messages of a telephone keep their secrets.
--   CodeStores | like | file or command line | %\\Yubico%Authenticator% | apiwatch | Where programs for one-time codes and those that show the messages of a telephone keep their secrets.
--   CodeStores | like | file or command line | %\\RSA SecurID% | apiwatch | Where programs for one-time codes and those that show the messages of a telephone keep their secrets.
--   CodeStores | like | file or command line | %\\SecurID\\% | apiwatch | Where programs for one-time codes and those that show the messages of a telephone keep their secrets.
--   CodeStores | like | file or command line | %.sdtid% | apiwatch | Where programs for one-time codes and those that show the messages of a telephone keep their secrets.
--   CodeStores | like | file or command line | %\\Google Authenticator% | apiwatch | Where programs for one-time codes and those that show the messages of a telephone keep their secrets.
--   CodeStores | like | file or command line | %\\OneTimePass% | apiwatch | Where programs for one-time codes and those that show the messages of a telephone keep their secrets.
--   CodeStores | like | file or command line | %\\Proton Authenticator\\% | apiwatch | Where programs for one-time codes and those that show the messages of a telephone keep their secrets.
--   CodeStores | like | file or command line | %\\Step Two\\% | apiwatch | Where programs for one-time codes and those that show the messages of a telephone keep their secrets.
--   CodeStores | like | file or command line | %\\oathtool% | apiwatch | Where programs for one-time codes and those that show the messages of a telephone keep their secrets.
--   StoreUses | like | command line | %copy% | apiwatch | What a command line does with such a store.
--   StoreUses | like | command line | %type % | apiwatch | What a command line does with such a store.
--   StoreUses | like | command line | %robocopy% | apiwatch | What a command line does with such a store.
--   StoreUses | like | command line | %xcopy% | apiwatch | What a command line does with such a store.
--   StoreUses | like | command line | %Get-Content% | apiwatch | What a command line does with such a store.
--   StoreUses | like | command line | %gc % | apiwatch | What a command line does with such a store.
--   StoreUses | like | command line | %cat % | apiwatch | What a command line does with such a store.
--   StoreUses | like | command line | %Compress-Archive% | apiwatch | What a command line does with such a store.
--   StoreUses | like | command line | %7z% | apiwatch | What a command line does with such a store.
--   StoreUses | like | command line | %tar % | apiwatch | What a command line does with such a store.
--   StoreUses | like | command line | %rar% | apiwatch | What a command line does with such a store.
--   StoreUses | like | command line | %esentutl% | apiwatch | What a command line does with such a store.
--   StoreUses | like | command line | %ReadAll% | apiwatch | What a command line does with such a store.
--   StoreUses | like | command line | %move% | apiwatch | What a command line does with such a store.
--   StoreUses | like | command line | %dir % | apiwatch | What a command line does with such a store.
--   StoreUses | like | command line | %sqlite% | apiwatch | What a command line does with such a store.
--   StoreUses | like | command line | %findstr% | apiwatch | What a command line does with such a store.
--   StoreUses | like | command line | %select-string% | apiwatch | What a command line does with such a store.
--   StoreUses | like | command line | %Get-ChildItem% | apiwatch | What a command line does with such a store.
--   StoreUses | like | command line | %gci % | apiwatch | What a command line does with such a store.
--   StoreUses | like | command line | %zip% | apiwatch | What a command line does with such a store.
--   StoreKeepers | like | executable path | %\\Authy Desktop\\% | apiwatch | Programs to which such a store belongs, and those that may touch any file.
--   StoreKeepers | like | executable path | %\\WinAuth%.exe | apiwatch | Programs to which such a store belongs, and those that may touch any file.
--   StoreKeepers | like | executable path | %\\2FAS%.exe | apiwatch | Programs to which such a store belongs, and those that may touch any file.
--   StoreKeepers | like | executable path | %\\ente\_auth%.exe | apiwatch | Programs to which such a store belongs, and those that may touch any file.
--   StoreKeepers | like | executable path | %\\PhoneExperienceHost.exe | apiwatch | Programs to which such a store belongs, and those that may touch any file.
--   StoreKeepers | like | executable path | %\\YourPhone%.exe | apiwatch | Programs to which such a store belongs, and those that may touch any file.
--   StoreKeepers | like | executable path | %\\MsMpEng.exe | apiwatch | Programs to which such a store belongs, and those that may touch any file.
--   StoreKeepers | like | executable path | %\\SearchProtocolHost.exe | apiwatch | Programs to which such a store belongs, and those that may touch any file.
--   StoreKeepers | like | executable path | %\\SearchIndexer.exe | apiwatch | Programs to which such a store belongs, and those that may touch any file.
--   StoreKeepers | like | executable path | C:\\Windows\\explorer.exe | apiwatch | Programs to which such a store belongs, and those that may touch any file.
--   StoreKeepers | like | executable path | %\\Application\\chrome.exe | apiwatch | Programs to which such a store belongs, and those that may touch any file.
--   StoreKeepers | like | executable path | %\\Application\\msedge.exe | apiwatch | Programs to which such a store belongs, and those that may touch any file.
--   StoreKeepers | like | executable path | _:\\Program Files\\% | apiwatch | Programs to which such a store belongs, and those that may touch any file.
--   StoreKeepers | like | executable path | _:\\Program Files (x86)\\% | apiwatch | Programs to which such a store belongs, and those that may touch any file.
--   StoreKeepers | like | executable path | %\\AppData\\Local\\Programs\\% | apiwatch | Programs to which such a store belongs, and those that may touch any file.
--   StoreKeepers | like | executable path | %\\AppData\\Local\\authy% | apiwatch | Programs to which such a store belongs, and those that may touch any file.
--   StoreKeepers | like | executable path | C:\\Windows\\System32\\msiexec.exe | apiwatch | Programs to which such a store belongs, and those that may touch any file.
--   StoreKeepers | like | executable path | System | apiwatch | Programs to which such a store belongs, and those that may touch any file.
--   CodeScripts | like | script text | %Outlook.Application%verification% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Outlook.Application%one-time% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Outlook.Application%passcode% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Outlook.Application%2FA% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Outlook.Application% OTP% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Outlook.Application%'OTP% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Outlook.Application%"OTP% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Outlook.Application%security code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Outlook.Application%one time% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Outlook.Application%authentication code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Outlook.Application%login code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Outlook.Application%sign-in code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %MAPI%verification% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %MAPI%one-time% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %MAPI%passcode% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %MAPI%2FA% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %MAPI% OTP% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %MAPI%'OTP% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %MAPI%"OTP% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %MAPI%security code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %MAPI%one time% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %MAPI%authentication code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %MAPI%login code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %MAPI%sign-in code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Search-Mailbox%verification% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Search-Mailbox%one-time% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Search-Mailbox%passcode% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Search-Mailbox%2FA% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Search-Mailbox% OTP% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Search-Mailbox%'OTP% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Search-Mailbox%"OTP% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Search-Mailbox%security code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Search-Mailbox%one time% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Search-Mailbox%authentication code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Search-Mailbox%login code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Search-Mailbox%sign-in code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %ExchangeService%verification% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %ExchangeService%one-time% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %ExchangeService%passcode% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %ExchangeService%2FA% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %ExchangeService% OTP% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %ExchangeService%'OTP% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %ExchangeService%"OTP% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %ExchangeService%security code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %ExchangeService%one time% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %ExchangeService%authentication code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %ExchangeService%login code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %ExchangeService%sign-in code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Invoke-SelfSearch%verification% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Invoke-SelfSearch%one-time% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Invoke-SelfSearch%passcode% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Invoke-SelfSearch%2FA% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Invoke-SelfSearch% OTP% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Invoke-SelfSearch%'OTP% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Invoke-SelfSearch%"OTP% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Invoke-SelfSearch%security code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Invoke-SelfSearch%one time% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Invoke-SelfSearch%authentication code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Invoke-SelfSearch%login code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Invoke-SelfSearch%sign-in code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %graph.microsoft.com%messages%verification% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %graph.microsoft.com%messages%one-time% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %graph.microsoft.com%messages%passcode% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %graph.microsoft.com%messages%2FA% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %graph.microsoft.com%messages% OTP% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %graph.microsoft.com%messages%'OTP% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %graph.microsoft.com%messages%"OTP% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %graph.microsoft.com%messages%security code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %graph.microsoft.com%messages%one time% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %graph.microsoft.com%messages%authentication code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %graph.microsoft.com%messages%login code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %graph.microsoft.com%messages%sign-in code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Get-MgUserMessage%verification% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Get-MgUserMessage%one-time% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Get-MgUserMessage%passcode% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Get-MgUserMessage%2FA% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Get-MgUserMessage% OTP% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Get-MgUserMessage%'OTP% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Get-MgUserMessage%"OTP% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Get-MgUserMessage%security code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Get-MgUserMessage%one time% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Get-MgUserMessage%authentication code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Get-MgUserMessage%login code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Get-MgUserMessage%sign-in code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %phone.db%Microsoft.YourPhone% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Microsoft.YourPhone%phone.db% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %otpauth://%migration% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %Microsoft.YourPhone%UserNotificationListener% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
--   CodeScripts | like | script text | %UserNotificationListener%Toast%code% | apiwatch | Scripts that look for codes in mail, in messages or in notifications.
-- benign:
--   An installer outside the program folders that brings a credential provider of its own.
--   A support tool that reads the logon programs while a technician signs in remotely.
-- limits:
--   Accesses, libraries and values need WinEventLog:Sysmon (10, 8, 7, 13) or audited keys, logons 4624 and 4648 of WinEventLog:Security.
--   Hooks and key polling are seen only with the trace of Microsoft-Windows-Win32k, and the traffic to a card is not seen at all: its library is.
--   A code read from a telephone or by a proxy between user and service leaves nothing on the host.
--   The events of a logon do not tell whether a card was really used. Drivers loaded are not read, only the filter entered for one.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0246
--   https://learn.microsoft.com/en-us/windows/win32/secauthn/credential-providers-in-windows
WITH t AS MATERIALIZED (
  SELECT element, value FROM detection_tuning WHERE analytic = 'AN0687'
),
seen AS MATERIALIZED (
  SELECT eid, time_ns, api, object_name, target_path, arguments, path, process_key, computer FROM api_calls
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element IN ('PinPrograms', 'CardLibraries', 'WatchedValues')) AND api IN ('OpenProcess', 'CreateRemoteThread', 'LoadLibrary', 'RegSetValueEx')
    AND path <> '' AND (NOT EXISTS (SELECT 1 FROM t WHERE element = 'ProcessNameExclusions' AND path LIKE value ESCAPE '\')
      OR EXISTS (SELECT 1 FROM t WHERE element = 'ScriptHosts' AND path LIKE '%\' || value))
),
taken AS MATERIALIZED (
  SELECT eid, time_ns, api, arguments, cmdline, target_path, coalesce(nullif(path, ''), 'a script') AS path, process_key, computer FROM api_calls
  WHERE api IN (SELECT value FROM t WHERE element = 'InputCalls' UNION SELECT 'CreateProcess' UNION SELECT 'CreateFile' UNION SELECT 'ScriptBlock')
    AND arguments_like IN (SELECT value FROM t WHERE element IN ('InputArguments', 'CodeStores') UNION SELECT 'script=' || value FROM t WHERE element = 'CodeScripts')
),
raw_signs AS (
  SELECT * FROM (SELECT eid, time_ns, computer, path, target_path AS object, CASE api
    WHEN 'RegSetValueEx' THEN CASE WHEN EXISTS (SELECT 1 FROM t WHERE element = 'ProviderKeys' AND target_path LIKE value ESCAPE '\') THEN 'provider' WHEN EXISTS (SELECT 1 FROM t WHERE element = 'ReaderKeys' AND target_path LIKE value ESCAPE '\') THEN 'reader' END
    WHEN 'LoadLibrary' THEN CASE WHEN object_name COLLATE NOCASE IN (SELECT value FROM t WHERE element = 'CardLibraries') THEN 'card' END
    ELSE CASE WHEN object_name COLLATE NOCASE IN (SELECT value FROM t WHERE element = 'PinPrograms') AND lower(path) <> lower(target_path)
      AND (api = 'CreateRemoteThread' OR api = 'OpenProcess' AND EXISTS (SELECT 1 FROM t WHERE element = 'AccessMask' AND instr(arguments, value))) THEN 'access' END END AS sign FROM seen) WHERE sign IS NOT NULL
  UNION ALL
  SELECT eid, time_ns, computer, path, arguments, 'keyboard' FROM taken WHERE api IN (SELECT value FROM t WHERE element = 'InputCalls') AND path LIKE '%\%'
    AND EXISTS (SELECT 1 FROM t WHERE element = 'InputArguments' AND arguments LIKE value ESCAPE '\') AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'ProcessNameExclusions' AND path LIKE value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, computer, path, replace(substr(said, 1, 200), char(10), ' '), 'store' FROM (SELECT *, CASE api WHEN 'CreateProcess' THEN cmdline WHEN 'CreateFile' THEN target_path ELSE arguments END AS said FROM taken)
  WHERE api IN ('CreateProcess', 'CreateFile', 'ScriptBlock') AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'StoreKeepers' AND path LIKE value ESCAPE '\')
    AND (EXISTS (SELECT 1 FROM t WHERE element = CASE api WHEN 'ScriptBlock' THEN 'CodeScripts' ELSE 'CodeStores' END AND said LIKE value ESCAPE '\') AND api <> 'CreateProcess'
      OR api <> 'CreateFile' AND length(said) < 8192 AND EXISTS (SELECT 1 FROM t WHERE element = 'CodeStores' AND said LIKE value ESCAPE '\') AND EXISTS (SELECT 1 FROM t WHERE element = 'StoreUses' AND said LIKE value ESCAPE '\'))
),
signs AS MATERIALIZED (
  SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY computer, path, sign, time_ns / (100000000 * (1 + (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow'))) ORDER BY eid) AS again FROM raw_signs)
  WHERE again = 1 -- the first of each tenth of the window stands for a flood of the same
),
sessions AS MATERIALIZED (
  SELECT eid, time_ns, computer, path, logon_user AS object, action, logon_type FROM logons WHERE success = 1 LIMIT -EXISTS (SELECT 1 FROM signs WHERE sign IN ('access', 'keyboard', 'card'))
),
all_signs AS (
  SELECT eid, time_ns, computer, path, object, sign FROM signs UNION ALL
  SELECT eid, time_ns, computer, path, object, 'logon' FROM sessions WHERE logon_type = 10 OR action = 'explicit_credentials' AND path NOT LIKE 'C:\Windows\System32\%'
),
chain AS (
  SELECT b.*, (SELECT max(printf('%020d,', a.eid) || a.sign) FROM signs AS a WHERE a.computer = b.computer AND a.eid < b.eid AND a.sign NOT IN (b.sign, 'reader', 'store') AND b.sign <> 'store' AND (a.path = b.path OR b.sign = 'logon')
    AND b.time_ns - a.time_ns <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')) AS earlier FROM all_signs AS b
),
ordered AS (
  SELECT *, lag(time_ns) OVER (PARTITION BY computer ORDER BY eid) AS before, row_number() OVER (PARTITION BY eid) AS place FROM chain WHERE sign IN ('provider', 'store') OR earlier IS NOT NULL
)
SELECT eid, coalesce(CAST(CAST(substr(earlier, 1, 20) AS INTEGER) AS TEXT) || ',', '') || eid AS eids,
  coalesce(nullif(path, ''), 'a process') || ' comes between user and second factor (' || coalesce(substr(earlier, 22) || ', ', '') || sign || '): ' || object AS summary, coalesce(substr(earlier, 22) || ',', '') || sign AS signs, object
FROM ordered
WHERE place = 1 AND (before IS NULL OR abs(time_ns - before) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow'))
