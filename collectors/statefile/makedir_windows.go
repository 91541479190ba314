package statefile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/windows"
)

// MakeDir makes the folder for LocalSystem and the administrators alone, where there is none. Everybody may make folders
// below ProgramData, so one that is there already must belong to somebody who is trusted.
func MakeDir(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return fmt.Errorf("making the state folder: %w", err)
	}
	token := windows.GetCurrentProcessToken()
	user, err := token.GetTokenUser()
	if err != nil {
		return fmt.Errorf("making the state folder: asking who runs this program: %w", err)
	}
	own := user.User.Sid
	rights, err := windows.SecurityDescriptorFromString(stateRights(token.IsElevated(), own.String()))
	if err != nil {
		return fmt.Errorf("making the state folder: %w", err)
	}
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return fmt.Errorf("making the state folder %q: %w", dir, err)
	}
	attributes := &windows.SecurityAttributes{SecurityDescriptor: rights}
	attributes.Length = uint32(unsafe.Sizeof(*attributes))
	err = windows.CreateDirectory(path, attributes)
	if err == nil {
		return nil
	}
	if !errors.Is(err, windows.ERROR_ALREADY_EXISTS) {
		return fmt.Errorf("making the state folder %s: %w", dir, err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("looking at the state folder: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("%w: %s is no folder but a file or a link; remove it or pass --state-dir", ErrUntrusted, dir)
	}
	const asked = windows.OWNER_SECURITY_INFORMATION | windows.DACL_SECURITY_INFORMATION
	sd, err := windows.GetNamedSecurityInfo(dir, windows.SE_FILE_OBJECT, asked)
	if err != nil {
		return fmt.Errorf("asking whose the state folder %s is: %w", dir, err)
	}
	owner, _, err := sd.Owner()
	if err != nil {
		return fmt.Errorf("asking whose the state folder %s is: %w", dir, err)
	}
	if !trustedOwner(owner.String(), own.String()) {
		return fmt.Errorf("%w: %s belongs to %s, who is neither an administrator nor the user of this program and may have put settings there; "+
			"look at what it holds and remove it, or pass --state-dir", ErrUntrusted, dir, accountOf(owner))
	}
	if who := openTo(sd.String(), own.String(), true); who != "" {
		return fmt.Errorf("%w: %s may be changed by %s, who may have put settings there; look at what it holds, then give it to administrators "+
			`alone (icacls "%s" /inheritance:r /grant:r *%s:(OI)(CI)F *%s:(OI)(CI)F), or pass --state-dir`,
			ErrUntrusted, dir, accountNamed(who), dir, sidSystem, sidAdministrators)
	}
	return nil
}

// Trusted tells whether nobody but administrators and this user may change a file that an administrator writes.
func Trusted(f *os.File) error {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return fmt.Errorf("asking who runs this program: %w", err)
	}
	own := user.User.Sid.String()
	const asked = windows.OWNER_SECURITY_INFORMATION | windows.DACL_SECURITY_INFORMATION
	sd, err := windows.GetSecurityInfo(windows.Handle(f.Fd()), windows.SE_FILE_OBJECT, asked)
	if err != nil {
		return fmt.Errorf("asking whose %s is: %w", f.Name(), err)
	}
	owner, _, err := sd.Owner()
	if err != nil {
		return fmt.Errorf("asking whose %s is: %w", f.Name(), err)
	}
	if !trustedOwner(owner.String(), own) {
		return fmt.Errorf(`%w: %s belongs to %s: give it to the administrators (icacls "%s" /setowner *%s)`,
			ErrUntrusted, f.Name(), accountOf(owner), f.Name(), sidAdministrators)
	}
	if who := openTo(sd.String(), own, false); who != "" {
		return fmt.Errorf(`%w: %s may be changed by %s: give it to administrators alone (icacls "%s" /inheritance:r /grant:r *%s:F *%s:F)`,
			ErrUntrusted, f.Name(), accountNamed(who), f.Name(), sidSystem, sidAdministrators)
	}
	return nil
}

// accountNamed gives an account as people know it, of a SID or of what stands for one in SDDL.
func accountNamed(who string) string {
	sd, err := windows.SecurityDescriptorFromString("O:" + who)
	if err != nil {
		return who
	}
	owner, _, err := sd.Owner()
	if err != nil || owner == nil {
		return who
	}
	return accountOf(owner)
}

func accountOf(sid *windows.SID) string {
	name, domain, _, err := sid.LookupAccount("")
	if err != nil {
		return sid.String()
	}
	return domain + `\` + name
}
