package meaning

import (
	"strings"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
	"github.com/apiwatch/apiwatch/collectors/names/windows"
)

func securityAccount(action, class string) mapping {
	return func(m *Mapper, r *form.Record) bool {
		m.session(r)
		ev := m.is(event.KindDirectory, "DirectoryModify")
		if ev.Outcome == event.OutcomeUnknown {
			ev.Outcome = event.Success
		}
		c := &event.DirectoryChange{
			Action: action, ObjectClass: class, Object: m.account(r.Get("TargetDomainName"), first(r, "TargetUserName", "NewTargetUserName")),
			ObjectSID: m.name(r, "TargetSid"), Member: m.name(r, "MemberName", "MemberSid"),
		}
		if s := first(r, "Status"); number(s) != 0 {
			ev.Outcome = event.Failure
		}
		switch r.EventID {
		case 4720, 4727, 4731, 4735, 4737, 4738, 4741, 4742, 4754, 4755:
			c.Attribute, c.Value = changed(r)
		case 4765, 4766:
			c.Attribute, c.Value = "SidHistory", m.long(r, "SourceSid", "SourceUserName", "SidList")
		case 4781:
			c.Object = m.account(r.Get("TargetDomainName"), r.Get("OldTargetUserName"))
			c.Attribute, c.Value = "SamAccountName", m.long(r, "NewTargetUserName")
		}
		ev.Detail = c
		return true
	}
}

// accountAttributes are the fields of an account's audit that hold what it changed to; "-" stands for no change.
var accountAttributes = [...]string{
	"SamAccountName", "DisplayName", "UserPrincipalName", "HomeDirectory", "HomePath", "ScriptPath", "ProfilePath",
	"UserWorkstations", "PasswordLastSet", "AccountExpires", "PrimaryGroupId", "AllowedToDelegateTo", "UserAccountControl",
	"UserParameters", "SidHistory", "LogonHours", "DnsHostName", "ServicePrincipalNames",
}

// changed gives the attributes that an account's audit names, separated by spaces, and name=value of each.
func changed(r *form.Record) (names, values string) {
	var n, v []string
	for _, a := range accountAttributes {
		x := first(r, a)
		if x == "" || strings.HasPrefix(x, "%%17") { // %%1793 not set, %%1794 never, %%1797 all
			continue
		}
		n, v = append(n, a), append(v, a+"="+windows.AccountControlText(words(x)))
	}
	if o, w := first(r, "OldUacValue"), first(r, "NewUacValue"); o != w && w != "" {
		text := "UacValue=" + o + ">" + w
		if code, ok := form.ParseNumber(w); ok && code != 0 {
			text += " " + windows.UserControlText(code)
		}
		n, v = append(n, "UacValue"), append(v, text)
	}
	return strings.Join(n, " "), clip(strings.Join(v, "\n"))
}

func securityDirectory(action string) mapping {
	return func(m *Mapper, r *form.Record) bool {
		m.session(r)
		ev := m.is(event.KindDirectory, "DirectoryModify")
		c := &event.DirectoryChange{
			Action: action, Object: m.long(r, "ObjectDN", "OldObjectDN"), ObjectClass: m.name(r, "ObjectClass"),
			Attribute: m.name(r, "AttributeLDAPDisplayName"), Value: m.long(r, "AttributeValue"),
		}
		if to := m.long(r, "NewObjectDN"); to != "" { // of a move or an undeletion
			c.Attribute, c.Value = "distinguishedName", to
		}
		if code, ok := form.ParseNumber(c.Value); ok && strings.EqualFold(c.Attribute, "userAccountControl") {
			c.Value += " " + windows.DirectoryControlText(code)
		}
		switch r.Get("OperationType") {
		case "%%14674", "Value Added":
			c.Operation = "add"
		case "%%14675", "Value Deleted":
			c.Operation = "delete"
		}
		ev.Detail = c
		return true
	}
}

// securityDirectoryAccess keeps which properties and extended rights were used, by their GUIDs: a replication shows so.
func securityDirectoryAccess(m *Mapper, r *form.Record) bool {
	m.session(r)
	c := &event.DirectoryChange{
		Action: "access", Object: m.long(r, "ObjectName"), ObjectClass: m.name(r, "ObjectType"),
		Attribute: m.names.keep(words(r.Get("Properties"))), Value: m.name(r, "AccessMask"), Operation: m.name(r, "OperationType"),
	}
	if mask := uint32(number(c.Value)); mask != 0 {
		c.Value = m.names.keep(c.Value + " " + windows.AccessText("%{", mask))
	}
	ev := m.is(event.KindDirectory, "DirectoryAccess")
	ev.Detail = c
	return true
}

// securityRight is for a user right, such as SeDebugPrivilege or (4717, 4718) SeServiceLogonRight, given to an account or taken from it.
func securityRight(action string) mapping {
	api := "LsaAddAccountRights"
	if action == "remove_right" {
		api = "LsaRemoveAccountRights"
	}
	return func(m *Mapper, r *form.Record) bool {
		m.session(r)
		m.is(event.KindDirectory, api).Detail = &event.DirectoryChange{
			Action: action, Object: m.name(r, "TargetSid"), ObjectSID: m.name(r, "TargetSid"), ObjectClass: "user",
			Attribute: "UserRights", Value: words(first(r, "PrivilegeList", "AccessGranted", "AccessRemoved")),
		}
		return true
	}
}

// securityEnumeration is for somebody who asked which groups an account is in, or who is in a group.
func securityEnumeration(class string) mapping {
	api := "NetLocalGroupGetMembers"
	if class == "user" {
		api = "NetUserGetLocalGroups"
	}
	return func(m *Mapper, r *form.Record) bool {
		m.subject(r)
		m.caller(&m.draft.Actor, r)
		ev := m.is(event.KindDirectory, api)
		ev.Outcome = event.Success
		ev.Detail = &event.DirectoryChange{
			Action: "enumerate", ObjectClass: class, Object: m.account(r.Get("TargetDomainName"), first(r, "TargetUserName")),
			ObjectSID: m.name(r, "TargetSid"),
		}
		return true
	}
}

// caller fills in the process of an audit that calls it so.
func (m *Mapper) caller(a *collectors.Actor, r *form.Record) {
	a.PID, a.Path = pid(r.Get("CallerProcessId")), m.name(r, "CallerProcessName")
}
