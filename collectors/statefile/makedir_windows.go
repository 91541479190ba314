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
	sd, err := windows.GetNamedSecurityInfo(dir, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION)
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
	return nil
}

func accountOf(sid *windows.SID) string {
	name, domain, _, err := sid.LookupAccount("")
	if err != nil {
		return sid.String()
	}
	return domain + `\` + name
}
