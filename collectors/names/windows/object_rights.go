package windows

import (
	"strings"

	"github.com/apiwatch/apiwatch/collectors/names"
)

// Rights of the types of objects that audits name beside files, keys, processes, tokens and services: winnt.h, ntsam.h of
// MS-SAMR 2.2.1, ntlsa.h of MS-LSAD 2.2.1.1, iads.h.
var (
	sectionRights = withStandard(
		named{0x0001, "SECTION_QUERY"}, named{0x0002, "SECTION_MAP_WRITE"}, named{0x0004, "SECTION_MAP_READ"},
		named{0x0008, "SECTION_MAP_EXECUTE"},
		named{0x0010, "SECTION_EXTEND_SIZE"},
	)
	directoryRights = withStandard(
		named{0x0001, "DIRECTORY_QUERY"}, named{0x0002, "DIRECTORY_TRAVERSE"}, named{0x0004, "DIRECTORY_CREATE_OBJECT"},
		named{0x0008, "DIRECTORY_CREATE_SUBDIRECTORY"},
	)
	linkRights      = withStandard(named{0x0001, "SYMBOLIC_LINK_QUERY"}, named{0x0002, "SYMBOLIC_LINK_SET"})
	samServerRights = withStandard(
		named{0x0001, "SAM_SERVER_CONNECT"}, named{0x0002, "SAM_SERVER_SHUTDOWN"}, named{0x0004, "SAM_SERVER_INITIALIZE"},
		named{0x0008, "SAM_SERVER_CREATE_DOMAIN"}, named{0x0010, "SAM_SERVER_ENUMERATE_DOMAINS"}, named{0x0020, "SAM_SERVER_LOOKUP_DOMAIN"},
	)
	samDomainRights = withStandard(
		named{0x0001, "DOMAIN_READ_PASSWORD_PARAMETERS"}, named{0x0002, "DOMAIN_WRITE_PASSWORD_PARAMS"},
		named{0x0004, "DOMAIN_READ_OTHER_PARAMETERS"},
		named{0x0008, "DOMAIN_WRITE_OTHER_PARAMETERS"}, named{0x0010, "DOMAIN_CREATE_USER"}, named{0x0020, "DOMAIN_CREATE_GROUP"},
		named{0x0040, "DOMAIN_CREATE_ALIAS"}, named{0x0080, "DOMAIN_GET_ALIAS_MEMBERSHIP"}, named{0x0100, "DOMAIN_LIST_ACCOUNTS"},
		named{0x0200, "DOMAIN_LOOKUP"}, named{0x0400, "DOMAIN_ADMINISTER_SERVER"},
	)
	samGroupRights = withStandard(
		named{0x0001, "GROUP_READ_INFORMATION"}, named{0x0002, "GROUP_WRITE_ACCOUNT"}, named{0x0004, "GROUP_ADD_MEMBER"},
		named{0x0008, "GROUP_REMOVE_MEMBER"}, named{0x0010, "GROUP_LIST_MEMBERS"},
	)
	samAliasRights = withStandard(
		named{0x0001, "ALIAS_ADD_MEMBER"}, named{0x0002, "ALIAS_REMOVE_MEMBER"}, named{0x0004, "ALIAS_LIST_MEMBERS"},
		named{0x0008, "ALIAS_READ_INFORMATION"}, named{0x0010, "ALIAS_WRITE_ACCOUNT"},
	)
	samUserRights = withStandard(
		named{0x0001, "USER_READ_GENERAL"}, named{0x0002, "USER_READ_PREFERENCES"}, named{0x0004, "USER_WRITE_PREFERENCES"},
		named{0x0008, "USER_READ_LOGON"}, named{0x0010, "USER_READ_ACCOUNT"}, named{0x0020, "USER_WRITE_ACCOUNT"},
		named{0x0040, "USER_CHANGE_PASSWORD"}, named{0x0080, "USER_FORCE_PASSWORD_CHANGE"}, named{0x0100, "USER_LIST_GROUPS"},
		named{0x0200, "USER_READ_GROUP_INFORMATION"}, named{0x0400, "USER_WRITE_GROUP_INFORMATION"},
	)
	secretRights = withStandard(named{0x0001, "SECRET_SET_VALUE"}, named{0x0002, "SECRET_QUERY_VALUE"})
	policyRights = withStandard(
		named{0x0001, "POLICY_VIEW_LOCAL_INFORMATION"}, named{0x0002, "POLICY_VIEW_AUDIT_INFORMATION"},
		named{0x0004, "POLICY_GET_PRIVATE_INFORMATION"},
		named{0x0008, "POLICY_TRUST_ADMIN"}, named{0x0010, "POLICY_CREATE_ACCOUNT"}, named{0x0020, "POLICY_CREATE_SECRET"},
		named{0x0040, "POLICY_CREATE_PRIVILEGE"}, named{0x0080, "POLICY_SET_DEFAULT_QUOTA_LIMITS"},
		named{0x0100, "POLICY_SET_AUDIT_REQUIREMENTS"},
		named{0x0200, "POLICY_AUDIT_LOG_ADMIN"}, named{0x0400, "POLICY_SERVER_ADMIN"}, named{0x0800, "POLICY_LOOKUP_NAMES"},
	)
	objectRights = withStandard( // of Active Directory
		named{0x0001, "ADS_RIGHT_DS_CREATE_CHILD"}, named{0x0002, "ADS_RIGHT_DS_DELETE_CHILD"}, named{0x0004, "ADS_RIGHT_ACTRL_DS_LIST"},
		named{0x0008, "ADS_RIGHT_DS_SELF"}, named{0x0010, "ADS_RIGHT_DS_READ_PROP"}, named{0x0020, "ADS_RIGHT_DS_WRITE_PROP"},
		named{0x0040, "ADS_RIGHT_DS_DELETE_TREE"}, named{0x0080, "ADS_RIGHT_DS_LIST_OBJECT"}, named{0x0100, "ADS_RIGHT_DS_CONTROL_ACCESS"},
	)
)

// rightsOf gives the rights by what audits call an object's type.
var rightsOf = map[string][]named{
	"Process": processRights, "File": fileRights, "Device": fileRights, "Key": keyRights, "Token": tokenRights, "Thread": threadRights,
	"Section": sectionRights, "Directory": directoryRights, "SymbolicLink": linkRights, "SERVICE OBJECT": serviceRights,
	"SC_MANAGER OBJECT": serviceManagerRights, "SAM_SERVER": samServerRights, "SAM_DOMAIN": samDomainRights, "SAM_GROUP": samGroupRights,
	"SAM_ALIAS": samAliasRights, "SAM_USER": samUserRights, "SecretObject": secretRights, "PolicyObject": policyRights,
}

// AccessText names the rights of a mask by the type of the object, as event logs call it; an object of the directory has
// its class's GUID for a type.
func AccessText(objectType string, mask uint32) string {
	rights, ok := rightsOf[objectType]
	switch {
	case ok:
	case strings.HasPrefix(objectType, "%{"):
		rights = objectRights
	default:
		rights = standardRights
	}
	return names.Flags(uint64(mask), rights, "0")
}
