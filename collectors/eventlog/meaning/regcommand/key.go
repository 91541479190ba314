package regcommand

import (
	"fmt"
	"strconv"
	"strings"
)

// Default is how the value without a name is called.
const Default = "(Default)"

// hives are the roots by all their names, in lower case: of reg.exe, of the API, of .NET.
var hives = map[string]string{
	"hklm": "HKLM", "hkey_local_machine": "HKLM", "localmachine": "HKLM",
	"hkcu": "HKCU", "hkey_current_user": "HKCU", "currentuser": "HKCU",
	"hkcr": "HKCR", "hkey_classes_root": "HKCR", "classesroot": "HKCR",
	"hku": "HKU", "hkey_users": "HKU", "users": "HKU",
	"hkcc": "HKCC", "hkey_current_config": "HKCC", "currentconfig": "HKCC",
}

// handles are the roots as numbers of winreg.h, which WMI takes.
var handles = map[int64]string{0x80000000: "HKCR", 0x80000001: "HKCU", 0x80000002: "HKLM", 0x80000003: "HKU", 0x80000005: "HKCC"}

// key gives a key by its root's name and path as events of the registry have it; "" for what is none. Those show a user's hive by the
// user, its classes as a hive of their own, and the control set in use by that name.
func (f *finder) key(path string) string {
	path = strings.Trim(strings.TrimSpace(path), `\"'`)
	root, rest, _ := strings.Cut(path, `\`)
	hive := hives[strings.ToLower(root)]
	if hive == "" || rest != "" && !hasPrefixFold(root, "hk") {
		return ""
	}
	return f.below(hive, rest)
}

func (f *finder) below(hive, rest string) string {
	for strings.Contains(rest, `\\`) { // as JScript writes it
		rest = strings.ReplaceAll(rest, `\\`, `\`)
	}
	rest = strings.Trim(rest, `\ `)
	switch hive {
	case "HKCU":
		hive, rest = "HKU", join(f.user, rest)
	case "HKCR":
		hive, rest = "HKLM", join(`SOFTWARE\Classes`, rest)
	case "HKCC":
		hive, rest = "HKLM", join(`System\CurrentControlSet\Hardware Profiles\Current`, rest)
	}
	if hive == "HKLM" && hasPrefixFold(rest, `system\controlset001\`) {
		rest = `System\CurrentControlSet` + rest[len(`system\controlset001`):]
	}
	if user, inside, ok := strings.Cut(rest, `\`); hive == "HKU" && ok && (hasPrefixFold(inside, `software\classes\`) ||
		strings.EqualFold(inside, `software\classes`)) {
		rest = user + "_Classes" + inside[len(`software\classes`):]
	}
	return join(hive, rest)
}

// under gives a key below another.
func (f *finder) under(key, path string) string {
	hive, rest, _ := strings.Cut(key, `\`)
	return f.below(hive, join(rest, path))
}

func join(key, rest string) string {
	if rest = strings.Trim(rest, `\`); rest == "" {
		return key
	}
	return key + `\` + rest
}

// remote takes the computer off a key: \\computer\HKLM\… is the form.
func remote(path string) (computer, rest string) {
	if tail, ok := strings.CutPrefix(path, `\\`); ok {
		if computer, rest, ok = strings.Cut(tail, `\`); ok {
			return computer, rest
		}
	}
	return "", path
}

// handle gives the root that WMI's hDefKey is: a number in any spelling, or a name.
func handle(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if hive := hives[s]; hive != "" {
		return hive
	}
	if n, ok := number(s); ok {
		return handles[int64(uint32(n))]
	}
	return ""
}

// number reads a number as commands, PowerShell and Visual Basic write it.
func number(s string) (int64, bool) {
	base := 10
	for _, hex := range []string{"0x", "0X", "&h", "&H"} {
		if rest, ok := strings.CutPrefix(s, hex); ok {
			s, base = strings.TrimSuffix(rest, "&"), 16
			break
		}
	}
	n, err := strconv.ParseInt(s, base, 64)
	return n, err == nil
}

// types are the types of a value by all their names, in lower case: of reg.exe, of PowerShell and .NET, by number, of WMI's methods.
var types = map[string]string{
	"reg_sz": "REG_SZ", "string": "REG_SZ", "1": "REG_SZ", "setstringvalue": "REG_SZ",
	"reg_expand_sz": "REG_EXPAND_SZ", "expandstring": "REG_EXPAND_SZ", "2": "REG_EXPAND_SZ", "setexpandedstringvalue": "REG_EXPAND_SZ",
	"reg_binary": "REG_BINARY", "binary": "REG_BINARY", "3": "REG_BINARY", "setbinaryvalue": "REG_BINARY",
	"reg_dword": "REG_DWORD", "dword": "REG_DWORD", "4": "REG_DWORD", "setdwordvalue": "REG_DWORD", "reg_dword_little_endian": "REG_DWORD",
	"reg_multi_sz": "REG_MULTI_SZ", "multistring": "REG_MULTI_SZ", "7": "REG_MULTI_SZ", "setmultistringvalue": "REG_MULTI_SZ",
	"reg_qword": "REG_QWORD", "qword": "REG_QWORD", "11": "REG_QWORD", "setqwordvalue": "REG_QWORD",
	"reg_none": "REG_NONE", "none": "REG_NONE", "reg_dword_big_endian": "REG_DWORD_BIG_ENDIAN", "reg_link": "REG_LINK",
}

// typeOf gives a type by any of its names, "" for one that is not known.
func typeOf(name string) string { return types[strings.ToLower(strings.TrimSpace(name))] }

// shown gives data of a type as Sysmon shows it.
func shown(kind, data string) string {
	n, ok := number(strings.TrimSpace(data))
	switch {
	case ok && kind == "REG_DWORD" && n >= -1<<31 && n < 1<<32:
		return fmt.Sprintf("DWORD (0x%08x)", uint32(n))
	case ok && kind == "REG_QWORD":
		return fmt.Sprintf("QWORD (0x%08x-0x%08x)", uint32(n>>32), uint32(n))
	}
	return data
}

// named gives a value's name as events have it.
func named(name string) string {
	if name == "" || strings.EqualFold(name, Default) {
		return Default
	}
	return name
}
