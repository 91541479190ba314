-- id: AN1198
-- name: Stored credentials read by a program that is not their keeper
-- strategy: DET0430
-- technique: T1555
-- tactics: Credential Access
-- platform: windows
-- description: A program reads another's store of credentials. It opens the memory of LSASS, a password manager or a
--   remote-support program or starts a thread in it; it opens, copies or writes a browser's, KeePass's or Windows'
--   credential files, or reaches the protected storage of another computer; it reads or lists the Windows Vault; a
--   command or a script says that it reads a store; an account other than a computer's asks a domain controller for the
--   domain's DPAPI backup key, or the directory for the roaming DPAPI keys of several users; or a browser is given the
--   user's password after a wrong one, before it shows what it stores. Or a program other than a keeper is told by its
--   command line to read or unprotect stores, brings or loads the libraries that open a browser's, or writes a file
--   that is named for what readers of stores take out.
-- log_sources: WinEventLog:Sysmon, WinEventLog:Security
-- tables: api_calls
-- extra: way, object
-- pyramid_level: 4
-- severity: high
-- interval: 10
-- window: TimeWindow
-- tuning:
--   TargetProcesses | text | executable name | lsass.exe | TargetProcesses | Programs whose memory holds credentials.
--   TargetProcesses | text | executable name | KeePass.exe | TargetProcesses | Programs whose memory holds credentials.
--   TargetProcesses | text | executable name | KeePassXC.exe | TargetProcesses | Programs whose memory holds credentials.
--   TargetProcesses | text | executable name | 1Password.exe | TargetProcesses | Programs whose memory holds credentials.
--   TargetProcesses | text | executable name | Bitwarden.exe | TargetProcesses | Programs whose memory holds credentials.
--   TargetProcesses | text | executable name | Dashlane.exe | TargetProcesses | Programs whose memory holds credentials.
--   TargetProcesses | text | executable name | LastPass.exe | TargetProcesses | Programs whose memory holds credentials.
--   TargetProcesses | text | executable name | RoboForm.exe | TargetProcesses | Programs whose memory holds credentials.
--   TargetProcesses | text | executable name | Keeper.exe | TargetProcesses | Programs whose memory holds credentials.
--   TargetProcesses | text | executable name | TeamViewer.exe | TargetProcesses | Programs whose memory holds credentials.
--   TargetProcesses | text | executable name | Enpass.exe | TargetProcesses | Programs whose memory holds credentials.
--   TargetProcesses | text | executable name | NordPass.exe | TargetProcesses | Programs whose memory holds credentials.
--   TargetProcesses | text | executable name | KeeperPasswordManager.exe | TargetProcesses | Programs whose memory holds credentials.
--   TargetProcesses | text | executable name | ProtonPass.exe | TargetProcesses | Programs whose memory holds credentials.
--   TargetProcesses | text | executable name | StickyPassword.exe | TargetProcesses | Programs whose memory holds credentials.
--   KeywordPatterns | like | command line | %dpapi% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %credman% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %mimikatz% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %sekurlsa% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %vault::% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %\\Microsoft\\Credentials% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %\\Microsoft\\Protect\\% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %\\Microsoft\\Vault% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %User Data\\%Login Data% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %\\key4.db% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %\\logins.json% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %PasswordVault% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %vaultcmd%/list% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %cmdkey%/list% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %keymgr.dll%KRShowKeyMgr% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %keymgr%KRBackup% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %.kdbx% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %cmdkey%-list% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %cmdkey /l% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %\\Mozilla\\Firefox\\Profiles%cookies.sqlite% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %Copy%\\Mozilla\\Firefox\\Profiles\\"% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %Copy%\\User Data\\Default"% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %User Data\\%\\Cookies% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %\\User Data\\Local State% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %cmdkey -l% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %netsh%wlan%key%clear% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %keymgr%KRShowKeyMgr% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %vaultcmd%-list% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %\\Login Data For Account% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %\\cookies.sqlite% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %\\signons.sqlite% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %\\key3.db% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %\\cert9.db% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %\\Opera Stable\\%Login% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %Copy%\\Mozilla\\Firefox\\Profiles% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %\\Network\\Cookies% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %KeePass%config%xml% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %\\Bitwarden\\data.json% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %\\1Password\\%.sqlite% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %\\Electrum\\wallets% | KeywordPatterns | Commands that name a store or what is done with it.
--   KeywordPatterns | like | command line | %\\Microsoft\\Protect\\S-% | KeywordPatterns | Commands that name a store or what is done with it.
--   ScriptPatterns | like | script text | %Credentials.PasswordVault%Retrieve% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %\\User Data\\%Login Data% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %Copy-Item%\\Mozilla\\Firefox\\Profiles\\% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %Copy-Item%\\User Data\\Default% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %\\User Data\\Local State%Unprotect(% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %Unprotect(%\\User Data\\Local State% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %advapi32%CredEnumerate% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %vaultcli.dll%VaultEnumerateItems% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %-Include%*.kdbx% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %-Filter%*.kdbx% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %vaultcmd%/listcreds% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %\\Microsoft\\Protect\\%Unprotect(% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %cmdkey%/list% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %keymgr.dll%KRShowKeyMgr% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %PasswordVault%RetrieveAll% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %CredRead%advapi32% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %advapi32%CredRead% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %VaultCli% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %Invoke-WCMDump% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %Get-VaultCredential% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %Get-ChromeDump% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %Get-ChromePasswords% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %Get-WebCredentials% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %Get-BrowserData% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %Get-FoxDump% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %Invoke-Mimikatz% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %sekurlsa::% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %dpapi::% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %Get-KeePassDatabaseKey% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %Find-KeePassconfig% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %Add-KeePassConfigTrigger% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %Get-KeePassConfigTrigger% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %\\key4.db% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %\\logins.json% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %\\Login Data%CryptUnprotect% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %Login Data%SELECT%password\_value% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %password\_value%FROM logins% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %\\Microsoft\\Credentials\\% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %ProtectedData]::Unprotect(%encrypted\_key% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %encrypted\_key%ProtectedData]::Unprotect(% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %encrypted\_key%Unprotect% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %netsh%wlan%key%clear% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %Include%logins.json% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %-Filter%key4.db% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %-Include%key4.db% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %Copy-Item%Login Data% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %Get-StoredCredential%Password% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %\\Microsoft\\Credentials% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %\\Microsoft\\Vault%Get-Content% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %Get-CredManCreds% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %Get-PasswordVaultCredentials% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %ProtectedStorage]::GetLocalString% | apiwatch | Scripts that read a store.
--   ScriptPatterns | like | script text | %AppData%Login Data%ProtectedData]::Unprotect% | apiwatch | Scripts that read a store.
--   TimeWindow | window | seconds | 600 | apiwatch | How long one program counts once, and how close together several users' keys or several passwords are.
--   StoreFiles | text | file name | Login Data | apiwatch | Files that hold credentials or what encrypts them, and the pipe of the protected storage.
--   StoreFiles | text | file name | Login Data For Account | apiwatch | Files that hold credentials or what encrypts them, and the pipe of the protected storage.
--   StoreFiles | text | file name | Web Data | apiwatch | Files that hold credentials or what encrypts them, and the pipe of the protected storage.
--   StoreFiles | text | file name | Cookies | apiwatch | Files that hold credentials or what encrypts them, and the pipe of the protected storage.
--   StoreFiles | text | file name | Local State | apiwatch | Files that hold credentials or what encrypts them, and the pipe of the protected storage.
--   StoreFiles | text | file name | logins.json | apiwatch | Files that hold credentials or what encrypts them, and the pipe of the protected storage.
--   StoreFiles | text | file name | key3.db | apiwatch | Files that hold credentials or what encrypts them, and the pipe of the protected storage.
--   StoreFiles | text | file name | key4.db | apiwatch | Files that hold credentials or what encrypts them, and the pipe of the protected storage.
--   StoreFiles | text | file name | cert9.db | apiwatch | Files that hold credentials or what encrypts them, and the pipe of the protected storage.
--   StoreFiles | text | file name | signons.sqlite | apiwatch | Files that hold credentials or what encrypts them, and the pipe of the protected storage.
--   StoreFiles | text | file name | Ya Passman Data | apiwatch | Files that hold credentials or what encrypts them, and the pipe of the protected storage.
--   StoreFiles | text | file name | Policy.vpol | apiwatch | Files that hold credentials or what encrypts them, and the pipe of the protected storage.
--   StoreFiles | text | file name | protected_storage | apiwatch | Files that hold credentials or what encrypts them, and the pipe of the protected storage.
--   StoreFiles | text | file name | Login Data.tmp | apiwatch | Files that hold credentials or what encrypts them, and the pipe of the protected storage.
--   StoreFiles | text | file name | Login Data.db | apiwatch | Files that hold credentials or what encrypts them, and the pipe of the protected storage.
--   StoreFiles | text | file name | KeePass.config.xml | apiwatch | Files that hold credentials or what encrypts them, and the pipe of the protected storage.
--   StoreFiles | text | file name | KeePass.config.enforced.xml | apiwatch | Files that hold credentials or what encrypts them, and the pipe of the protected storage.
--   StoreKeepers | like | executable path | C:\\Program Files\\Google\\Chrome\\Application\\%.exe | apiwatch | Programs that keep, index or guard such files.
--   StoreKeepers | like | executable path | C:\\Program Files (x86)\\Google\\Chrome\\Application\\%.exe | apiwatch | Programs that keep, index or guard such files.
--   StoreKeepers | like | executable path | %\\AppData\\Local\\Google\\Chrome\\Application\\chrome.exe | apiwatch | Programs that keep, index or guard such files.
--   StoreKeepers | like | executable path | C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\%.exe | apiwatch | Programs that keep, index or guard such files.
--   StoreKeepers | like | executable path | C:\\Program Files (x86)\\Microsoft\\EdgeCore\\%.exe | apiwatch | Programs that keep, index or guard such files.
--   StoreKeepers | like | executable path | C:\\Program Files\\Microsoft\\Edge\\Application\\%.exe | apiwatch | Programs that keep, index or guard such files.
--   StoreKeepers | like | executable path | C:\\Program Files\\Mozilla Firefox\\%.exe | apiwatch | Programs that keep, index or guard such files.
--   StoreKeepers | like | executable path | C:\\Program Files (x86)\\Mozilla Firefox\\%.exe | apiwatch | Programs that keep, index or guard such files.
--   StoreKeepers | like | executable path | C:\\Program Files\\BraveSoftware\\Brave-Browser\\Application\\%.exe | apiwatch | Programs that keep, index or guard such files.
--   StoreKeepers | like | executable path | %\\AppData\\Local\\Programs\\Opera\\%.exe | apiwatch | Programs that keep, index or guard such files.
--   StoreKeepers | like | executable path | %\\AppData\\Local\\Vivaldi\\Application\\vivaldi.exe | apiwatch | Programs that keep, index or guard such files.
--   StoreKeepers | like | executable path | C:\\Windows\\SystemApps\\% | apiwatch | Programs that keep, index or guard such files.
--   StoreKeepers | like | executable path | C:\\Windows\\System32\\SearchProtocolHost.exe | apiwatch | Programs that keep, index or guard such files.
--   StoreKeepers | like | executable path | C:\\Windows\\System32\\SearchIndexer.exe | apiwatch | Programs that keep, index or guard such files.
--   StoreKeepers | like | executable path | C:\\Program Files\\Windows Defender\\%.exe | apiwatch | Programs that keep, index or guard such files.
--   StoreKeepers | like | executable path | C:\\ProgramData\\Microsoft\\Windows Defender\\%.exe | apiwatch | Programs that keep, index or guard such files.
--   StoreKeepers | like | executable path | C:\\Windows\\System32\\VSSVC.exe | apiwatch | Programs that keep, index or guard such files.
--   StoreKeepers | like | executable path | System | apiwatch | Programs that keep, index or guard such files.
--   StoreKeepers | like | executable path | C:\\WindowsAzure\\%\\CollectGuestLogs.exe | apiwatch | Programs that keep, index or guard such files.
--   StoreKeepers | like | executable path | C:\\Program Files%\\KeePass%\\%.exe | apiwatch | Programs that keep, index or guard such files.
--   BrowserFiles | like | file | %\\User Data\\% | apiwatch | Where such files lie; elsewhere the same name is another thing, or a copy.
--   BrowserFiles | like | file | %\\Profiles\\% | apiwatch | Where such files lie; elsewhere the same name is another thing, or a copy.
--   BrowserFiles | like | file | %\\Opera Software\\% | apiwatch | Where such files lie; elsewhere the same name is another thing, or a copy.
--   BrowserFiles | like | file | %\\Microsoft\\Vault\\% | apiwatch | Where such files lie; elsewhere the same name is another thing, or a copy.
--   BrowserFiles | like | file | %\\IPC$\\protected_storage | apiwatch | Where such files lie; elsewhere the same name is another thing, or a copy.
--   BrowserFiles | like | file | %\\KeePass.config%.xml | apiwatch | Where such files lie; elsewhere the same name is another thing, or a copy.
--   CopiedFiles | text | file name | Login Data | apiwatch | Stores whose name tells them, reported wherever a copy of them comes to lie.
--   CopiedFiles | text | file name | Login Data For Account | apiwatch | Stores whose name tells them, reported wherever a copy of them comes to lie.
--   CopiedFiles | text | file name | logins.json | apiwatch | Stores whose name tells them, reported wherever a copy of them comes to lie.
--   CopiedFiles | text | file name | key3.db | apiwatch | Stores whose name tells them, reported wherever a copy of them comes to lie.
--   CopiedFiles | text | file name | key4.db | apiwatch | Stores whose name tells them, reported wherever a copy of them comes to lie.
--   CopiedFiles | text | file name | signons.sqlite | apiwatch | Stores whose name tells them, reported wherever a copy of them comes to lie.
--   CopiedFiles | text | file name | Ya Passman Data | apiwatch | Stores whose name tells them, reported wherever a copy of them comes to lie.
--   CopiedFiles | text | file name | Login Data.tmp | apiwatch | Stores whose name tells them, reported wherever a copy of them comes to lie.
--   CopiedFiles | text | file name | Login Data.db | apiwatch | Stores whose name tells them, reported wherever a copy of them comes to lie.
--   VaultReaders | text | executable name | powershell.exe | apiwatch | Programs of the system that run the code of others; for them the folder proves nothing.
--   VaultReaders | text | executable name | pwsh.exe | apiwatch | Programs of the system that run the code of others; for them the folder proves nothing.
--   VaultReaders | text | executable name | cmd.exe | apiwatch | Programs of the system that run the code of others; for them the folder proves nothing.
--   VaultReaders | text | executable name | rundll32.exe | apiwatch | Programs of the system that run the code of others; for them the folder proves nothing.
--   VaultReaders | text | executable name | regsvr32.exe | apiwatch | Programs of the system that run the code of others; for them the folder proves nothing.
--   VaultReaders | text | executable name | wscript.exe | apiwatch | Programs of the system that run the code of others; for them the folder proves nothing.
--   VaultReaders | text | executable name | cscript.exe | apiwatch | Programs of the system that run the code of others; for them the folder proves nothing.
--   VaultReaders | text | executable name | mshta.exe | apiwatch | Programs of the system that run the code of others; for them the folder proves nothing.
--   VaultReaders | text | executable name | msbuild.exe | apiwatch | Programs of the system that run the code of others; for them the folder proves nothing.
--   VaultReaders | text | executable name | installutil.exe | apiwatch | Programs of the system that run the code of others; for them the folder proves nothing.
--   VaultReaders | text | executable name | regasm.exe | apiwatch | Programs of the system that run the code of others; for them the folder proves nothing.
--   VaultReaders | text | executable name | regsvcs.exe | apiwatch | Programs of the system that run the code of others; for them the folder proves nothing.
--   VaultReaders | text | executable name | vbc.exe | apiwatch | Programs of the system that run the code of others; for them the folder proves nothing.
--   VaultReaders | text | executable name | applaunch.exe | apiwatch | Programs of the system that run the code of others; for them the folder proves nothing.
--   VaultReaders | text | executable name | jsc.exe | apiwatch | Programs of the system that run the code of others; for them the folder proves nothing.
--   VaultReaders | text | executable name | aspnet_compiler.exe | apiwatch | Programs of the system that run the code of others; for them the folder proves nothing.
--   VaultReaders | text | executable name | caspol.exe | apiwatch | Programs of the system that run the code of others; for them the folder proves nothing.
--   InventoryRights | text | rights | PROCESS_VM_READ PROCESS_QUERY_INFORMATION PROCESS_QUERY_LIMITED_INFORMATION | apiwatch | Rights, separated by blanks, with which an interpreter that lists processes opens every one.
--   InventoryRights | text | rights | PROCESS_VM_READ PROCESS_QUERY_INFORMATION | apiwatch | Rights, separated by blanks, with which an interpreter that lists processes opens every one.
--   OrdinaryItems | like | vault item | NGC % | apiwatch | Items that Windows itself reads at every logon.
--   Commands | text | executable name | vaultcmd.exe | apiwatch | Programs whose command lines are held against KeywordPatterns.
--   Commands | text | executable name | cmdkey.exe | apiwatch | Programs whose command lines are held against KeywordPatterns.
--   Commands | text | executable name | rundll32.exe | apiwatch | Programs whose command lines are held against KeywordPatterns.
--   Commands | text | executable name | cmd.exe | apiwatch | Programs whose command lines are held against KeywordPatterns.
--   Commands | text | executable name | powershell.exe | apiwatch | Programs whose command lines are held against KeywordPatterns.
--   Commands | text | executable name | pwsh.exe | apiwatch | Programs whose command lines are held against KeywordPatterns.
--   Commands | text | executable name | reg.exe | apiwatch | Programs whose command lines are held against KeywordPatterns.
--   Commands | text | executable name | findstr.exe | apiwatch | Programs whose command lines are held against KeywordPatterns.
--   Commands | text | executable name | esentutl.exe | apiwatch | Programs whose command lines are held against KeywordPatterns.
--   Commands | text | executable name | xcopy.exe | apiwatch | Programs whose command lines are held against KeywordPatterns.
--   Commands | text | executable name | robocopy.exe | apiwatch | Programs whose command lines are held against KeywordPatterns.
--   Commands | text | executable name | sqlite3.exe | apiwatch | Programs whose command lines are held against KeywordPatterns.
--   Commands | text | executable name | netsh.exe | apiwatch | Programs whose command lines are held against KeywordPatterns.
--   Commands | text | executable name | tar.exe | apiwatch | Programs whose command lines are held against KeywordPatterns.
--   Commands | text | executable name | 7z.exe | apiwatch | Programs whose command lines are held against KeywordPatterns.
--   Commands | text | executable name | rar.exe | apiwatch | Programs whose command lines are held against KeywordPatterns.
--   Commands | text | executable name | where.exe | apiwatch | Programs whose command lines are held against KeywordPatterns.
--   Commands | text | executable name | more.com | apiwatch | Programs whose command lines are held against KeywordPatterns.
--   Commands | text | executable name | makecab.exe | apiwatch | Programs whose command lines are held against KeywordPatterns.
--   Commands | text | executable name | vssadmin.exe | apiwatch | Programs whose command lines are held against KeywordPatterns.
--   Commands | text | executable name | diskshadow.exe | apiwatch | Programs whose command lines are held against KeywordPatterns.
--   Commands | text | executable name | forfiles.exe | apiwatch | Programs whose command lines are held against KeywordPatterns.
--   Commands | text | executable name | wmic.exe | apiwatch | Programs whose command lines are held against KeywordPatterns.
--   StoreCalls | text | API | VaultEnumerateItems | apiwatch | Calls that ask for stored credentials, as Windows audits them.
--   StoreCalls | text | API | VaultGetItem | apiwatch | Calls that ask for stored credentials, as Windows audits them.
--   StoreCalls | text | API | CredBackupCredentials | apiwatch | Calls that ask for stored credentials, as Windows audits them.
--   StoreCalls | text | API | DirectoryAccess | apiwatch | Calls that ask for stored credentials, as Windows audits them.
--   SecretAttributes | text | attribute | {b3f93023-9239-4f7c-b99c-6745d87adbc2} | apiwatch | Schema ids of msPKIDPAPIMasterKeys, msPKIAccountCredentials and msPKI-CredentialRoamingTokens.
--   SecretAttributes | text | attribute | {b8dfa744-31dc-4ef1-ac7c-84baf7ef9da7} | apiwatch | Schema ids of msPKIDPAPIMasterKeys, msPKIAccountCredentials and msPKI-CredentialRoamingTokens.
--   SecretAttributes | text | attribute | {b7ff5a38-0818-42b0-8110-d3d154c97f24} | apiwatch | Schema ids of msPKIDPAPIMasterKeys, msPKIAccountCredentials and msPKI-CredentialRoamingTokens.
--   SecretObjects | like | object of the LSA | %\\Secrets\\G$BCKUPKEY% | apiwatch | Secrets that open the DPAPI keys of the whole domain.
--   DistinctObjects | count | objects | 3 | apiwatch | Of how many objects of the directory an account must read them: a user reads its own.
--   PasswordPrompts | text | logon process | Chrome | apiwatch | Logon processes by which browsers check the user again before they show passwords.
--   PasswordPrompts | text | logon process | Edge | apiwatch | Logon processes by which browsers check the user again before they show passwords.
--   ToolCommands | like | command line | %sekurlsa::% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | %dpapi::% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | %vault::list% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | %vault::cred% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | %/mkfile:% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | %/pvk:% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | % cookies /unprotect% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | % machinetriage% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | % machinemasterkeys% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | % machinecredentials% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | % machinevaults% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | % masterkeys /% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | % backupkey /% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | %triage /pass% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | %triage /rpc% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | %--browser all% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | %--browser chrome% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | %--browser %--format % | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | % -b all -% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | % all -oA% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | % all -oN% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | % all -oJ% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | % all -oT% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | % browsers -% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | %\\Microsoft\\Credentials\\% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | %\\Microsoft\\Protect\\S-1-% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | %\\Microsoft\\Vault\\% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | %User Data\\%Login Data% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | %\\key4.db% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | %\\logins.json% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | %CredEnumerate% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | %CryptUnprotectData% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | %--dump%password% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | % logins /unprotect% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | % logins /showall% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | % logins /target% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | % cookies /showall% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | % cookies /target% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | % statekeys /unprotect% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | % -b chrome -f % | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | % -b edge -f % | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | % -b firefox -f % | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | % -f json --dir % | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | % -f csv --dir % | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | % credentials /password:% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | % triage /password:% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | % vaults /% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | %WindowsVault% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | %CredEnum% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | %DpapiMasterKeys% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | %select%password%VeeamBackup%Credentials% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | %"Login Data"%select% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   ToolCommands | like | command line | %ProtectedStorage]::GetLocalString% | apiwatch | What any program outside the program folders is told that opens stores of credentials: the stores themselves and the commands of known readers.
--   SavingTools | like | command line | %/stext % | apiwatch | Switches by which a family of viewers, most of them of passwords, writes what it shows without a window.
--   SavingTools | like | command line | %/shtml % | apiwatch | Switches by which a family of viewers, most of them of passwords, writes what it shows without a window.
--   SavingTools | like | command line | %/scomma % | apiwatch | Switches by which a family of viewers, most of them of passwords, writes what it shows without a window.
--   SavingTools | like | command line | %/stab % | apiwatch | Switches by which a family of viewers, most of them of passwords, writes what it shows without a window.
--   SavingTools | like | command line | %/sxml % | apiwatch | Switches by which a family of viewers, most of them of passwords, writes what it shows without a window.
--   SavingTools | like | command line | %/sverhtml % | apiwatch | Switches by which a family of viewers, most of them of passwords, writes what it shows without a window.
--   SavingTools | like | command line | %/sjson % | apiwatch | Switches by which a family of viewers, most of them of passwords, writes what it shows without a window.
--   SavingTools | like | command line | %/skeepass % | apiwatch | Switches by which a family of viewers, most of them of passwords, writes what it shows without a window.
--   SavedByTools | like | description | %pass% | apiwatch | What such a program says of itself where it shows secrets; where it says nothing, its switches suffice.
--   SavedByTools | like | description | %credential% | apiwatch | What such a program says of itself where it shows secrets; where it says nothing, its switches suffice.
--   SavedByTools | like | description | %vault% | apiwatch | What such a program says of itself where it shows secrets; where it says nothing, its switches suffice.
--   SavedByTools | like | description | %cookie% | apiwatch | What such a program says of itself where it shows secrets; where it says nothing, its switches suffice.
--   SavedByTools | like | description | %dial-up% | apiwatch | What such a program says of itself where it shows secrets; where it says nothing, its switches suffice.
--   SavedByTools | like | description | %mail% | apiwatch | What such a program says of itself where it shows secrets; where it says nothing, its switches suffice.
--   SavedByTools | like | description | %data protection% | apiwatch | What such a program says of itself where it shows secrets; where it says nothing, its switches suffice.
--   SavedByTools | like | description | %dpapi% | apiwatch | What such a program says of itself where it shows secrets; where it says nothing, its switches suffice.
--   SavedByTools | like | description | %browser% | apiwatch | What such a program says of itself where it shows secrets; where it says nothing, its switches suffice.
--   SavedByTools | like | description | %encrypted% | apiwatch | What such a program says of itself where it shows secrets; where it says nothing, its switches suffice.
--   SavedByTools | like | description | %wireless%key% | apiwatch | What such a program says of itself where it shows secrets; where it says nothing, its switches suffice.
--   DumpFiles | like | file | %\_default\_password.% | apiwatch | Files in which those programs leave what they found that empty the stores of browsers.
--   DumpFiles | like | file | %\_default\_cookie.% | apiwatch | Files in which those programs leave what they found that empty the stores of browsers.
--   DumpFiles | like | file | %\_default\_creditcard.% | apiwatch | Files in which those programs leave what they found that empty the stores of browsers.
--   DumpFiles | like | file | %\_password.json | apiwatch | Files in which those programs leave what they found that empty the stores of browsers.
--   DumpFiles | like | file | %\_password.csv | apiwatch | Files in which those programs leave what they found that empty the stores of browsers.
--   DumpFiles | like | file | %\_cookie.json | apiwatch | Files in which those programs leave what they found that empty the stores of browsers.
--   DumpFiles | like | file | %\\Passwords.txt | apiwatch | Files in which those programs leave what they found that empty the stores of browsers.
--   DumpFiles | like | file | %\\All Passwords.txt | apiwatch | Files in which those programs leave what they found that empty the stores of browsers.
--   DumpFiles | like | file | %\\\_AllPasswords%.txt | apiwatch | Files in which those programs leave what they found that empty the stores of browsers.
--   DumpFiles | like | file | %\\Cookies\\Chrome%.txt | apiwatch | Files in which those programs leave what they found that empty the stores of browsers.
--   DumpFiles | like | file | %\\Cookies\\Edge%.txt | apiwatch | Files in which those programs leave what they found that empty the stores of browsers.
--   DumpFiles | like | file | %\\Autofill\\%Chrome%.txt | apiwatch | Files in which those programs leave what they found that empty the stores of browsers.
--   DumpFiles | like | file | %\\Browsers\\%.txt | apiwatch | Files in which those programs leave what they found that empty the stores of browsers.
--   DumpFiles | like | file | %\\ntds\_capi\_% | apiwatch | Files in which those programs leave what they found that empty the stores of browsers.
--   DumpFiles | like | file | %\\passwords\_chrome% | apiwatch | Files in which those programs leave what they found that empty the stores of browsers.
--   DumpFiles | like | file | %\\CreditCards\\%.txt | apiwatch | Files in which those programs leave what they found that empty the stores of browsers.
--   StoreLibraries | text | library | nss3.dll | apiwatch | Libraries that open the stores of browsers, which those bring along who are no browser.
--   StoreLibraries | text | library | softokn3.dll | apiwatch | Libraries that open the stores of browsers, which those bring along who are no browser.
--   StoreLibraries | text | library | freebl3.dll | apiwatch | Libraries that open the stores of browsers, which those bring along who are no browser.
--   StoreLibraries | text | library | sqlite3.dll | apiwatch | Libraries that open the stores of browsers, which those bring along who are no browser.
--   LibraryDrops | like | file | %\\AppData\\LocalLow\\% | apiwatch | Where such a library has no program that it belongs to.
--   LibraryDrops | like | file | _:\\ProgramData\\nss3.dll | apiwatch | Where such a library has no program that it belongs to.
--   LibraryDrops | like | file | _:\\ProgramData\\softokn3.dll | apiwatch | Where such a library has no program that it belongs to.
--   LibraryDrops | like | file | _:\\ProgramData\\freebl3.dll | apiwatch | Where such a library has no program that it belongs to.
--   LibraryDrops | like | file | _:\\ProgramData\\sqlite3.dll | apiwatch | Where such a library has no program that it belongs to.
--   LibraryDrops | like | file | _:\\Users\\Public\\% | apiwatch | Where such a library has no program that it belongs to.
--   LibraryDrops | like | file | %\\AppData\\Local\\Temp\\nss3.dll | apiwatch | Where such a library has no program that it belongs to.
--   LibraryDrops | like | file | %\\AppData\\Local\\Temp\\softokn3.dll | apiwatch | Where such a library has no program that it belongs to.
--   LibraryDrops | like | file | %\\AppData\\Local\\Temp\\freebl3.dll | apiwatch | Where such a library has no program that it belongs to.
--   LibraryOwners | like | executable path | _:\\Program Files\\% | apiwatch | Programs to which these libraries belong.
--   LibraryOwners | like | executable path | _:\\Program Files (x86)\\% | apiwatch | Programs to which these libraries belong.
--   LibraryOwners | like | executable path | C:\\Windows\\% | apiwatch | Programs to which these libraries belong.
--   LibraryOwners | like | executable path | %\\firefox.exe | apiwatch | Programs to which these libraries belong.
--   LibraryOwners | like | executable path | %\\thunderbird.exe | apiwatch | Programs to which these libraries belong.
--   LibraryOwners | like | executable path | %\\seamonkey.exe | apiwatch | Programs to which these libraries belong.
--   LibraryOwners | like | executable path | %\\tor.exe | apiwatch | Programs to which these libraries belong.
--   LibraryOwners | like | executable path | %\\soffice.bin | apiwatch | Programs to which these libraries belong.
--   LibraryOwners | like | executable path | %\\plugin-container.exe | apiwatch | Programs to which these libraries belong.
--   LibraryOwners | like | executable path | %\\updater.exe | apiwatch | Programs to which these libraries belong.
--   LibraryOwners | like | executable path | %\\pingsender.exe | apiwatch | Programs to which these libraries belong.
--   LibraryOwners | like | executable path | %\\crashreporter.exe | apiwatch | Programs to which these libraries belong.
--   LibraryOwners | like | executable path | %\\default-browser-agent.exe | apiwatch | Programs to which these libraries belong.
--   LibraryOwners | like | executable path | %\\waterfox.exe | apiwatch | Programs to which these libraries belong.
--   LibraryOwners | like | executable path | %\\librewolf.exe | apiwatch | Programs to which these libraries belong.
--   LibraryOwners | like | executable path | %\\palemoon.exe | apiwatch | Programs to which these libraries belong.
--   LibraryOwners | like | executable path | %\\zotero.exe | apiwatch | Programs to which these libraries belong.
--   LibraryOwners | like | executable path | %\\AppData\\Local\\Mozilla% | apiwatch | Programs to which these libraries belong.
--   LibraryOwners | like | executable path | %\\AppData\\Local\\Programs\\% | apiwatch | Programs to which these libraries belong.
--   LibraryOwners | like | executable path | %\\setup%.exe | apiwatch | Programs to which these libraries belong.
-- benign:
--   A backup, an indexer or an endpoint agent outside the program folders that reads browser profiles or the memory of LSASS.
--   A user who mistypes the own password before the browser shows the stored ones.
--   Workstations of the domain that ask a domain controller for a lost DPAPI key.
--   A user or a support script that lists or backs up the own credentials with cmdkey, vaultcmd or keymgr.dll, or copies a browser profile.
-- limits:
--   Memory and threads need WinEventLog:Sysmon (10, 8), reading of files, the Vault, the directory and passwords audits of WinEventLog:Security
--   (4663; 5381, 5382; 4662; 4624, 4625), commands process creation, scripts WinEventLog:PowerShell. Sysmon shows a copy of a file, not the reading.
--   CredRead and CryptUnprotectData by a program for its own user raise no event that tells them from ordinary use.
--   Of scripts the text is judged: one that hides what it reads is seen only by the files and Vault events that follow.
--   The files of the DPAPI and of the Credential Manager have no fixed names: their reading is seen in commands and scripts alone.
--   KeePass databases and other stores with names of the user's choice are known only from commands that name them.
--   A program of the system's folders that is no interpreter is trusted with memory and Vault, and one process is told once in TimeWindow.
-- references:
--   https://attack.mitre.org/detectionstrategies/DET0430
--   https://learn.microsoft.com/en-us/previous-versions/windows/it-pro/windows-10/security/threat-protection/auditing/event-5382
--   https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-ada2/
WITH t AS MATERIALIZED (SELECT element, value FROM detection_tuning WHERE analytic = 'AN1198'),
seen AS MATERIALIZED (
  SELECT eid, time_ns, api, success, object_name, target_path, arguments, path, lower(name) AS name, system_path, cmdline, user, process_key, logon_id, computer
  FROM api_calls
  WHERE object_name IN (SELECT CASE element WHEN 'PasswordPrompts' THEN value ELSE lower(value) END FROM t WHERE element IN ('TargetProcesses', 'StoreFiles', 'Commands', 'PasswordPrompts', 'StoreLibraries'))
    AND api IN ('OpenProcess', 'LoadLibrary', 'CreateRemoteThread', 'CreateFile', 'ConnectNamedPipe', 'CreateProcess', 'LsaLogonUser', 'ReadProcessMemory')
),
called AS MATERIALIZED (
  SELECT eid, time_ns, api, target_path, arguments, path, lower(name) AS name, system_path, user, process_key, logon_id, computer FROM api_calls
  WHERE api IN (SELECT value FROM t WHERE element = 'StoreCalls')
),
outside AS (
  SELECT * FROM seen WHERE (system_path = 0 AND path <> '' OR name IN (SELECT value FROM t WHERE element = 'VaultReaders'))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'StoreKeepers' AND path LIKE value ESCAPE '\')
),
said AS MATERIALIZED (
  SELECT eid, time_ns, api, arguments, cmdline, target_path, path, user, process_key, logon_id, computer FROM api_calls WHERE api IN ('ScriptBlock', 'AmsiScanBuffer', 'CreateProcess', 'CreateFile')
    AND arguments_like IN (SELECT CASE element WHEN 'ScriptPatterns' THEN '%script=' WHEN 'DumpFiles' THEN '%file=' ELSE '' END || value FROM t WHERE element IN ('ScriptPatterns', 'ToolCommands', 'SavingTools', 'DumpFiles'))
    AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'StoreKeepers' AND path LIKE value ESCAPE '\')),
ways AS (
  SELECT eid, time_ns, process_key, computer, logon_id, path, target_path AS object, 'reaches into a program that holds credentials' AS way FROM outside
  WHERE object_name IN (SELECT lower(value) FROM t WHERE element = 'TargetProcesses') AND lower(path) <> lower(target_path)
    AND NOT (name IN (SELECT value FROM t WHERE element = 'VaultReaders') AND arguments IN (SELECT 'access=' || replace(value, ' ', '|') FROM t WHERE element = 'InventoryRights'))
    AND (api IN ('CreateRemoteThread', 'ReadProcessMemory') OR arguments LIKE '%VM_READ%' OR arguments LIKE '%ALL_ACCESS%')
  UNION ALL SELECT eid, time_ns, process_key, computer, logon_id, coalesce(nullif(path, ''), user), target_path, 'opens a store of credentials' FROM seen AS s
  WHERE api IN ('CreateFile', 'ConnectNamedPipe') AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'StoreKeepers' AND path LIKE value ESCAPE '\')
    AND (EXISTS (SELECT 1 FROM t WHERE element = 'BrowserFiles' AND target_path LIKE value ESCAPE '\') AND lower(object_name) NOT IN (SELECT lower(value) FROM t WHERE element = 'StoreLibraries') OR lower(object_name) IN (SELECT lower(value) FROM t WHERE element = 'CopiedFiles'))
  UNION ALL SELECT eid, time_ns, process_key, computer, logon_id, coalesce(nullif(path, ''), user), replace(substr(arguments, 8, 200), char(10), ' '), 'runs a script that reads stored credentials' FROM said WHERE api IN ('ScriptBlock', 'AmsiScanBuffer')
  UNION ALL SELECT eid, time_ns, process_key, computer, logon_id, path, cmdline, 'is told to read stored credentials' FROM (
    SELECT eid, time_ns, process_key, computer, logon_id, path, cmdline FROM seen WHERE api = 'CreateProcess' AND EXISTS (SELECT 1 FROM t WHERE element = 'KeywordPatterns' AND cmdline LIKE value ESCAPE '\')
      AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'StoreKeepers' AND path LIKE value ESCAPE '\') UNION ALL
    SELECT eid, time_ns, process_key, computer, logon_id, path, cmdline FROM said WHERE api = 'CreateProcess' AND path NOT LIKE '_:\Program Files%' AND (EXISTS (SELECT 1 FROM t WHERE element = 'ToolCommands' AND cmdline LIKE value ESCAPE '\')
      OR path NOT LIKE 'C:\Windows\System32\%' AND (arguments NOT LIKE '% program=%' OR EXISTS (SELECT 1 FROM t WHERE element = 'SavedByTools' AND arguments LIKE '% program=' || value ESCAPE '\')) AND EXISTS (SELECT 1 FROM t WHERE element = 'SavingTools' AND cmdline LIKE value ESCAPE '\')))
  UNION ALL SELECT eid, time_ns, process_key, computer, logon_id, path, target_path, 'writes what it took out of stores of credentials' FROM said WHERE api = 'CreateFile' AND path NOT LIKE '_:\Program Files%' AND path NOT LIKE 'C:\Windows\System32\%'
  UNION ALL SELECT eid, time_ns, process_key, computer, logon_id, path, target_path, 'brings or loads the libraries that open stores of browsers' FROM seen WHERE lower(object_name) IN (SELECT lower(value) FROM t WHERE element = 'StoreLibraries')
    AND (api = 'LoadLibrary' AND object_name COLLATE NOCASE <> 'sqlite3.dll' OR EXISTS (SELECT 1 FROM t WHERE element = 'LibraryDrops' AND target_path LIKE value ESCAPE '\'))
    AND (name IN (SELECT value FROM t WHERE element = 'VaultReaders') OR NOT EXISTS (SELECT 1 FROM t WHERE element IN ('LibraryOwners', 'StoreKeepers') AND path LIKE value ESCAPE '\'))
  UNION ALL SELECT eid, time_ns, process_key, computer, logon_id, path, object_name, 'checks the user''s password again after a wrong one' FROM (
    SELECT *, lag(success) OVER w AS last, time_ns - lag(time_ns) OVER w AS since FROM seen WHERE api = 'LsaLogonUser' WINDOW w AS (PARTITION BY computer, process_key ORDER BY eid))
  WHERE success = 1 AND last = 0 AND since <= 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow')
  UNION ALL SELECT eid, time_ns, process_key, computer, logon_id, coalesce(nullif(path, ''), user), coalesce(nullif(target_path, ''), 'all'), 'reads the Vault' FROM called
  WHERE api <> 'DirectoryAccess' AND arguments NOT LIKE '%CredentialsReturned=0%' AND NOT EXISTS (SELECT 1 FROM t WHERE element = 'OrdinaryItems' AND target_path LIKE value ESCAPE '\')
    AND (system_path = 0 AND (path <> '' OR user NOT LIKE '%$') OR name IN (SELECT value FROM t WHERE element = 'VaultReaders'))
  UNION ALL SELECT eid, time_ns, process_key, computer, logon_id, user, arguments, 'reads the key of the domain to all DPAPI keys' FROM called
  WHERE api = 'DirectoryAccess' AND user NOT LIKE '%$' AND EXISTS (SELECT 1 FROM t WHERE element = 'SecretObjects' AND arguments LIKE '% object=' || value ESCAPE '\')
  UNION ALL
  SELECT eid, time_ns, process_key, computer, logon_id, user, arguments, 'reads the DPAPI keys of several users' FROM (
    SELECT *, row_number() OVER (PARTITION BY computer, user ORDER BY eid) AS objects FROM (
      SELECT *, row_number() OVER (PARTITION BY computer, user, substr(arguments, 1, instr(arguments, ' attribute=')) ORDER BY eid) AS again FROM called
      WHERE user NOT LIKE '%$' AND EXISTS (SELECT 1 FROM t WHERE element = 'SecretAttributes' AND instr(arguments, value)))
    WHERE again = 1)
  WHERE objects >= (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'DistinctObjects')
),
ordered AS (
  SELECT *, lag(time_ns) OVER (PARTITION BY computer, coalesce(nullif(process_key, ''), logon_id) ORDER BY eid) AS before,
    row_number() OVER (PARTITION BY eid) AS place FROM ways
)
SELECT eid, CAST(eid AS TEXT) AS eids, coalesce(nullif(path, ''), 'a process') || ' ' || way || ': ' || object AS summary, way, object
FROM ordered
WHERE place = 1 AND (before IS NULL OR abs(time_ns - before) > 1000000000 * (SELECT CAST(value AS INTEGER) FROM t WHERE element = 'TimeWindow'))
