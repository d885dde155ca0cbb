package sources

import "context"

// Mapped returns a source that reads what f makes of src's readings. It is a
// [FileSource] or a [PolledSource] if src is one. f must not change the slices
// of its argument in place: src may keep them.
func Mapped(src Source, f func(Reading) (Reading, error)) Source {
	m := mapped{src, f}
	switch src := src.(type) {
	case FileSource:
		return &mappedFiles{m, src}
	case PolledSource:
		return &mappedPolled{m, src}
	}
	return &m
}

type mapped struct {
	src Source
	f   func(Reading) (Reading, error)
}

func (m *mapped) Read(ctx context.Context) (Reading, error) {
	r, err := m.src.Read(ctx)
	if err != nil {
		return Reading{}, err
	}
	return m.f(r)
}

type mappedFiles struct {
	mapped
	files FileSource
}

func (m *mappedFiles) Paths() []string { return m.files.Paths() }

type mappedPolled struct {
	mapped
	polled PolledSource
}

func (m *mappedPolled) Version(ctx context.Context) (string, error) { return m.polled.Version(ctx) }
