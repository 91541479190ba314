package live

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/apiwatch/apiwatch/collectors/statefile"
)

// Place is the last record of a channel that was handed over.
type Place struct {
	Record uint64 `json:"record"`
	// TimeNS is when it was written, Unix nanoseconds: a log that was made anew may have another record of the number.
	TimeNS int64 `json:"time_ns"`
}

// bookmark gives the place in the form that EvtCreateBookmark takes.
func (p Place) bookmark(channel string) string {
	return fmt.Sprintf(`<BookmarkList><Bookmark Channel="%s" RecordId="%d" IsCurrent="true"/></BookmarkList>`, channel, p.Record)
}

// placesFile is where the places stand, within the state folder.
const placesFile = "eventlog-places.json"

// placesVersion is raised when an older program could not read the file.
const placesVersion = 1

type savedPlaces struct {
	Version  int              `json:"version"`
	Channels map[string]Place `json:"channels"`
}

// loadPlaces reads what an earlier run left; empty if there is none.
func loadPlaces(dir string) (map[string]Place, error) {
	path := filepath.Join(dir, placesFile)
	var s savedPlaces
	switch err := statefile.Load(dir, placesFile, &s); {
	case errors.Is(err, fs.ErrNotExist):
		return map[string]Place{}, nil
	case errors.Is(err, statefile.ErrUntrusted):
		return map[string]Place{}, fmt.Errorf("reading the event logs' bookmarks: %w", err)
	case err != nil:
		return map[string]Place{}, fmt.Errorf("reading the event logs' bookmarks: %w; delete the file", err)
	}
	if s.Version != placesVersion {
		return map[string]Place{}, fmt.Errorf("reading the event logs' bookmarks from %s: its version is %d, %d is known; delete the file", path,
			s.Version, placesVersion)
	}
	if s.Channels == nil {
		s.Channels = map[string]Place{}
	}
	return s.Channels, nil
}

// savePlaces writes them so that a reader sees all or none, also after a crash.
func savePlaces(dir string, places map[string]Place) error {
	if err := statefile.Save(dir, placesFile, savedPlaces{placesVersion, places}); err != nil {
		return fmt.Errorf("saving the event logs' bookmarks: %w", err)
	}
	return nil
}
