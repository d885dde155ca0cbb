package sources

import "context"

// Stored returns a Source that reads the scopes of a store, highest first. It
// is a [FileSource] or a [PolledSource] if the store is a [FileStore] or a
// [PolledStore].
func Stored(store Store, scopes ...Scope) Source {
	s := stored{store, scopes}
	switch store := store.(type) {
	case FileStore:
		return storedInFiles{s, store}
	case PolledStore:
		return storedRemotely{s, store}
	}
	return s
}

type stored struct {
	store  Store
	scopes []Scope
}

func (s stored) Read(ctx context.Context) (Reading, error) {
	values, err := s.store.Read(ctx, s.scopes...)
	return Reading{Values: values}, err
}

type storedInFiles struct {
	stored
	files FileStore
}

func (s storedInFiles) Paths() []string { return s.files.Paths(s.scopes...) }

type storedRemotely struct {
	stored
	remote PolledStore
}

func (s storedRemotely) Version(ctx context.Context) (string, error) {
	return s.remote.Version(ctx, s.scopes...)
}
