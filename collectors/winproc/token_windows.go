package winproc

import (
	"fmt"
	"runtime"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Classes of token information that x/sys has no name for (winnt.h).
const (
	tokenOrigin         = windows.TokenOrigin
	tokenIsAppContainer = 29
)

// statistics is TOKEN_STATISTICS.
type statistics struct {
	TokenID, AuthenticationID windows.LUID
	ExpirationTime            int64
	Type, ImpersonationLevel  uint32
	DynamicCharged            uint32
	DynamicAvailable          uint32
	GroupCount                uint32
	PrivilegeCount            uint32
	ModifiedID                windows.LUID
}

// source is TOKEN_SOURCE.
type source struct {
	Name       [8]byte
	Identifier windows.LUID
}

// information asks for what has a length of its own.
func information(t windows.Token, class uint32) ([]uint64, error) {
	b := make([]uint64, 64)
	for {
		n := uint32(8 * len(b))
		err := windows.GetTokenInformation(t, class, (*byte)(unsafe.Pointer(&b[0])), n, &n)
		if err == nil {
			return b, nil
		}
		if n <= uint32(8*len(b)) || n > 1<<20 {
			return nil, translated(err)
		}
		b = make([]uint64, n/8+1)
	}
}

// fixed asks for what is of one size; what is not to be had stays zero.
func fixed[T any](t windows.Token, class uint32) (v T, ok bool) {
	var n uint32
	err := windows.GetTokenInformation(t, class, (*byte)(unsafe.Pointer(&v)), uint32(unsafe.Sizeof(v)), &n)
	return v, err == nil
}

func luid(l windows.LUID) uint64 { return uint64(uint32(l.HighPart))<<32 | uint64(l.LowPart) }

func sidText(sid *windows.SID) string {
	if sid == nil {
		return ""
	}
	return SIDText(unsafe.Slice((*byte)(unsafe.Pointer(sid)), windows.GetLengthSid(sid)))
}

// readToken reads what a token says. User and statistics must be had; the rest stays empty where it is not.
func readToken(t windows.Token) (Token, error) {
	var out Token
	b, err := information(t, windows.TokenUser)
	if err != nil {
		return out, fmt.Errorf("reading a token's user: %w", err)
	}
	out.UserSID = sidText((*windows.Tokenuser)(unsafe.Pointer(&b[0])).User.Sid)
	runtime.KeepAlive(b)
	s, ok := fixed[statistics](t, windows.TokenStatistics)
	if ok {
		out.Type, out.Level, out.ID, out.LogonID = s.Type, s.ImpersonationLevel, luid(s.TokenID), luid(s.AuthenticationID)
	}
	if b, err := information(t, windows.TokenIntegrityLevel); err == nil {
		out.IntegritySID = sidText((*windows.Tokenmandatorylabel)(unsafe.Pointer(&b[0])).Label.Sid)
		runtime.KeepAlive(b)
	}
	if b, err := information(t, windows.TokenPrivileges); err == nil {
		for _, p := range (*windows.Tokenprivileges)(unsafe.Pointer(&b[0])).AllPrivileges() {
			out.Privileges = append(out.Privileges, Privilege{luid(p.Luid), p.Attributes})
		}
		runtime.KeepAlive(b)
	}
	if b, err := information(t, windows.TokenGroups); err == nil {
		for _, g := range (*windows.Tokengroups)(unsafe.Pointer(&b[0])).AllGroups() {
			out.Groups = append(out.Groups, Group{sidText(g.Sid), g.Attributes})
		}
		runtime.KeepAlive(b)
	}
	out.ElevationType, _ = fixed[uint32](t, windows.TokenElevationType)
	session, _ := fixed[uint32](t, windows.TokenSessionId)
	out.Session = int64(session)
	origin, _ := fixed[windows.LUID](t, tokenOrigin)
	out.OriginID = luid(origin)
	flag := func(class uint32) bool {
		v, ok := fixed[uint32](t, class)
		return ok && v != 0
	}
	out.Elevated, out.Restricted = flag(windows.TokenElevation), flag(windows.TokenHasRestrictions)
	out.AppContainer, out.UIAccess = flag(tokenIsAppContainer), flag(windows.TokenUIAccess)
	if s, ok := fixed[source](t, windows.TokenSource); ok {
		out.Source = strings.TrimRight(string(s.Name[:]), " \x00")
	}
	return out, nil
}
