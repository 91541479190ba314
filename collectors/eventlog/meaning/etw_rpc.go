package meaning

import (
	"slices"
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/eventlog/form"
)

// rpcCalls is the RPC runtime's account of calls. What an interface's operation is called is told by [RPCOperation].
var rpcCalls = &Trace{
	Name: "Microsoft-Windows-RPC", GUID: "{6ad52b32-d609-4be9-ae07-ce8dae937e39}",
	events: map[uint32]mapping{5: tracedRPC, 6: tracedRPC},
}

// tracedRPC is for a call that a client begins (5) or a server receives (6). Where it goes to is the event's path.
func tracedRPC(m *Mapper, r *form.Record) bool {
	id := form.NormalGUID(first(r, "InterfaceUuid"))
	if len(id) != len(noGUID) {
		return false
	}
	op, ok := RPCOperation(id, uint32(number(r.Get("ProcNum"))))
	if !ok {
		return false
	}
	m.traced(r)
	ev := m.is(event.KindCall, op)
	x := m.whole(r)
	ev.Detail = x
	ev.Path = m.names.keep(rpcBinding(r))
	args(ev, number(r.Get("ProcNum")), number(r.Get("AuthenticationLevel")), number(r.Get("ImpersonationLevel")), uint64(r.EventID-5))
	return true
}

// rpcBinding writes where a call goes as a string binding, "ncacn_np:server[\pipe\srvsvc]" ([C706], rpcdce.h).
func rpcBinding(r *form.Record) string {
	protocol := r.Get("Protocol")
	switch protocol { // EventTracing's own numbers
	case "1":
		protocol = "ncacn_ip_tcp"
	case "2":
		protocol = "ncacn_np"
	case "3":
		protocol = "ncalrpc"
	case "4":
		protocol = "ncacn_http"
	}
	address, endpoint := first(r, "NetworkAddress"), first(r, "Endpoint")
	if strings.EqualFold(address, "NULL") {
		address = ""
	}
	if strings.EqualFold(endpoint, "NULL") {
		endpoint = ""
	}
	b := protocol + ":" + address
	if endpoint != "" {
		b += "[" + endpoint + "]"
	}
	return b
}

// RPCOperation names an operation, "srvsvc.NetrShareEnum"; the interface's UUID is in braces and lower case. It is false for what
// is not on the list, which holds interfaces that attackers use to look around and to move, by Microsoft's open
// specifications (MS-SRVS, MS-WKST, MS-SAMR, MS-LSAD, MS-LSAT, MS-SCMR, MS-TSCH, MS-DRSR, MS-RRP, MS-NRPC, MS-DCOM, MS-EFSR,
// MS-RPRN).
func RPCOperation(uuid string, number uint32) (string, bool) {
	i := rpcInterfaces[uuid]
	if i == nil {
		return "", false
	}
	op, ok := i[number]
	return op, ok
}

var rpcInterfaces = map[string]map[uint32]string{
	"{4b324fc8-1670-01d3-1278-5a47bf6ee188}": {
		8: "srvsvc.NetrConnectionEnum", 9: "srvsvc.NetrFileEnum", 12: "srvsvc.NetrSessionEnum", 14: "srvsvc.NetrShareAdd",
		15: "srvsvc.NetrShareEnum", 16: "srvsvc.NetrShareGetInfo", 18: "srvsvc.NetrShareDel", 21: "srvsvc.NetrServerGetInfo",
		23: "srvsvc.NetrServerDiskEnum", 28: "srvsvc.NetrRemoteTOD", 36: "srvsvc.NetrShareEnumSticky",
	},
	"{6bffd098-a112-3610-9833-46c3f87e345a}": {
		0: "wkssvc.NetrWkstaGetInfo", 2: "wkssvc.NetrWkstaUserEnum", 5: "wkssvc.NetrWkstaTransportEnum", 8: "wkssvc.NetrUseAdd",
		11: "wkssvc.NetrUseEnum", 20: "wkssvc.NetrGetJoinInformation",
	},
	"{12345778-1234-abcd-ef00-0123456789ac}": {
		6: "samr.SamrEnumerateDomainsInSamServer", 7: "samr.SamrOpenDomain", 11: "samr.SamrEnumerateGroupsInDomain",
		13: "samr.SamrEnumerateUsersInDomain", 15: "samr.SamrEnumerateAliasesInDomain", 16: "samr.SamrGetAliasMembership",
		20: "samr.SamrQueryInformationGroup", 22: "samr.SamrAddMemberToGroup", 25: "samr.SamrGetMembersInGroup",
		31: "samr.SamrAddMemberToAlias", 33: "samr.SamrGetMembersInAlias", 36: "samr.SamrQueryInformationUser",
		37: "samr.SamrSetInformationUser", 39: "samr.SamrGetGroupsForUser", 40: "samr.SamrQueryDisplayInformation",
		46: "samr.SamrQueryInformationDomain2", 47: "samr.SamrQueryInformationUser2", 48: "samr.SamrQueryDisplayInformation2",
		50: "samr.SamrCreateUser2InDomain", 51: "samr.SamrQueryDisplayInformation3", 55: "samr.SamrUnicodeChangePasswordUser2",
		57: "samr.SamrConnect2", 58: "samr.SamrSetInformationUser2", 62: "samr.SamrConnect4", 64: "samr.SamrConnect5",
	},
	"{12345778-1234-abcd-ef00-0123456789ab}": {
		6: "lsarpc.LsarOpenPolicy", 7: "lsarpc.LsarQueryInformationPolicy", 11: "lsarpc.LsarEnumerateAccounts",
		13: "lsarpc.LsarEnumerateTrustedDomains", 14: "lsarpc.LsarLookupNames", 15: "lsarpc.LsarLookupSids",
		19: "lsarpc.LsarAddPrivilegesToAccount", 30: "lsarpc.LsarQuerySecret", 35: "lsarpc.LsarEnumerateAccountsWithUserRight",
		36: "lsarpc.LsarEnumerateAccountRights", 37: "lsarpc.LsarAddAccountRights", 43: "lsarpc.LsarRetrievePrivateData",
		44: "lsarpc.LsarOpenPolicy2", 46: "lsarpc.LsarQueryInformationPolicy2", 50: "lsarpc.LsarEnumerateTrustedDomainsEx",
		57: "lsarpc.LsarLookupSids2", 58: "lsarpc.LsarLookupNames2",
	},
	"{367abb81-9844-35f1-ad32-98f038001003}": {
		1: "svcctl.RControlService", 2: "svcctl.RDeleteService", 11: "svcctl.RChangeServiceConfigW", 12: "svcctl.RCreateServiceW",
		14: "svcctl.REnumServicesStatusW", 15: "svcctl.ROpenSCManagerW", 16: "svcctl.ROpenServiceW", 17: "svcctl.RQueryServiceConfigW",
		19: "svcctl.RStartServiceW", 23: "svcctl.RChangeServiceConfigA", 24: "svcctl.RCreateServiceA", 27: "svcctl.ROpenSCManagerA",
		28: "svcctl.ROpenServiceA", 31: "svcctl.RStartServiceA", 37: "svcctl.RChangeServiceConfig2W", 42: "svcctl.REnumServicesStatusExW",
		44: "svcctl.RCreateServiceWOW64A", 45: "svcctl.RCreateServiceWOW64W",
	},
	"{86d35949-83c9-4044-b424-db363231fd0c}": {
		1: "ITaskSchedulerService.SchRpcRegisterTask", 2: "ITaskSchedulerService.SchRpcRetrieveTask",
		7: "ITaskSchedulerService.SchRpcEnumTasks", 12: "ITaskSchedulerService.SchRpcRun", 13: "ITaskSchedulerService.SchRpcDelete",
		14: "ITaskSchedulerService.SchRpcRename", 19: "ITaskSchedulerService.SchRpcEnableTask",
	},
	"{1ff70682-0a51-30e8-076d-740be8cee98b}": {
		0: "atsvc.NetrJobAdd", 1: "atsvc.NetrJobDel", 2: "atsvc.NetrJobEnum", 3: "atsvc.NetrJobGetInfo",
	},
	"{e3514235-4b06-11d1-ab04-00c04fc2dcd2}": {
		0: "drsuapi.IDL_DRSBind", 2: "drsuapi.IDL_DRSReplicaSync", 3: "drsuapi.IDL_DRSGetNCChanges", 5: "drsuapi.IDL_DRSReplicaAdd",
		12: "drsuapi.IDL_DRSCrackNames", 16: "drsuapi.IDL_DRSDomainControllerInfo", 17: "drsuapi.IDL_DRSAddEntry",
		20: "drsuapi.IDL_DRSAddSidHistory",
	},
	"{338cd001-2244-31f1-aaaa-900038001003}": {
		0: "winreg.OpenClassesRoot", 1: "winreg.OpenCurrentUser", 2: "winreg.OpenLocalMachine", 4: "winreg.OpenUsers",
		6: "winreg.BaseRegCreateKey", 7: "winreg.BaseRegDeleteKey", 8: "winreg.BaseRegDeleteValue", 13: "winreg.BaseRegLoadKey",
		19: "winreg.BaseRegRestoreKey", 20: "winreg.BaseRegSaveKey", 22: "winreg.BaseRegSetValue", 31: "winreg.BaseRegSaveKeyEx",
	},
	"{12345678-1234-abcd-ef00-01234567cffb}": {
		4: "netlogon.NetrServerReqChallenge", 26: "netlogon.NetrServerAuthenticate3", 30: "netlogon.NetrServerPasswordSet2",
		34: "netlogon.DsrGetDcNameEx2", 40: "netlogon.DsrEnumerateDomainTrusts",
	},
	"{000001a0-0000-0000-c000-000000000046}": {
		3: "IRemoteSCMActivator.RemoteGetClassObject", 4: "IRemoteSCMActivator.RemoteCreateInstance",
	},
	"{4d9f4ab8-7d1c-11cf-861e-0020af6e7c57}": {0: "IActivation.RemoteActivation"},
	"{c681d488-d850-11d0-8c52-00c04fd90f7e}": {0: "efsrpc.EfsRpcOpenFileRaw", 4: "efsrpc.EfsRpcEncryptFileSrv"},
	"{12345678-1234-abcd-ef00-0123456789ab}": {
		1: "spoolss.RpcOpenPrinter", 65: "spoolss.RpcRemoteFindFirstPrinterChangeNotificationEx", 89: "spoolss.RpcAddPrinterDriverEx",
	},
}

// RPCInterfaces lists the interfaces of which [RPCOperation] knows operations.
func RPCInterfaces() []string {
	ids := make([]string, 0, len(rpcInterfaces))
	for id := range rpcInterfaces {
		ids = append(ids, id)
	}
	return ids
}

// RPCNames gives the names of all operations, in order.
func RPCNames() []string {
	var names []string
	for _, operations := range rpcInterfaces {
		for _, name := range operations {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
