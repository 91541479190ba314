package engine

import (
	"context"
	"iter"
	"os"

	"github.com/apiwatch/apiwatch/collectors/winproc"
	"github.com/apiwatch/apiwatch/tables"
)

// windowsState fills the tables of live state from the processes of a Windows system. As on Linux, the scans for suspicious
// memory leave out this program itself.
func windowsState(f *plan, host *winproc.Host) {
	own := int64(os.Getpid())
	f.mappings = func(ctx context.Context, q tables.MappingQuery) iter.Seq[tables.Mapping] {
		return converted(host.Mappings(ctx, winproc.Query{PIDs: q.PIDs}, q.Pages), func(m winproc.Mapping) (tables.Mapping, bool) {
			r := &m.Region
			return tables.Mapping{
				Process: m.Process, PID: m.Process.PID, Start: r.Base, End: r.End(), Kind: m.Kind, Path: m.File,
				Permissions: r.Permissions(), Protection: winproc.ProtectionText(r.Protect),
				InitialProtection: winproc.ProtectionText(r.InitialProtect),
				RegionType:        r.TypeText(), AllocationBase: r.AllocationBase,
				Resident: m.Resident, PrivateDirty: m.Private, Anonymous: m.Private,
				Differing: -1, Personality: -1,
			}, m.Process.PID != own
		})
	}
	f.tokens = func(ctx context.Context, q tables.TokenQuery) iter.Seq[tables.Token] {
		return converted(host.Tokens(ctx, winproc.Query{PIDs: q.PIDs}, q.Threads), func(h winproc.HeldToken) (tables.Token, bool) {
			t := &h.Token
			return tables.Token{
				Process: h.Process, ThreadID: h.ThreadID, Type: t.TypeText(), Level: t.LevelText(), User: h.User, UserSID: t.UserSID,
				Integrity: t.Integrity(), Elevation: t.Elevation(), Source: t.Source, Session: t.Session, LogonID: t.LogonID, OriginID: t.OriginID,
				ID: t.ID, Elevated: t.Elevated, Restricted: t.Restricted, AppContainer: t.AppContainer, UIAccess: t.UIAccess,
				Enabled: t.EnabledPrivileges(), Disabled: t.DisabledPrivileges(), Adjusted: t.AdjustedPrivileges(),
				GroupsEnabled: t.EnabledGroups(), GroupsDenyingOnly: t.DenyGroups(),
			}, true
		})
	}
	f.threads = func(ctx context.Context, q tables.ThreadQuery) iter.Seq[tables.ThreadStart] {
		return converted(host.ThreadStarts(ctx, winproc.Query{PIDs: q.PIDs}, q.Frames), func(t winproc.ThreadStart) (tables.ThreadStart, bool) {
			r := &t.Region
			return tables.ThreadStart{
				Process: t.Process, ThreadID: t.ThreadID, CreatedNS: t.CreatedNS, Start: t.Start, Module: t.Module, File: t.File,
				RegionType: r.TypeText(), Permissions: r.Permissions(), Protection: winproc.ProtectionText(r.Protect),
				InitialProtection: winproc.ProtectionText(r.InitialProtect), RegionStart: r.Base, AllocationBase: r.AllocationBase,
				RegionSize: int64(r.Size), PrivatePage: t.Private, UnbackedFrames: t.UnbackedFrames, FirstFrame: t.FirstFrame,
			}, true
		})
	}
}

// converted gives what make makes of each element, without those that it refuses.
func converted[From, To any](from iter.Seq[From], convert func(From) (To, bool)) iter.Seq[To] {
	return func(yield func(To) bool) {
		for f := range from {
			if t, ok := convert(f); ok && !yield(t) {
				return
			}
		}
	}
}
