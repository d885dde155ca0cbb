package config

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/aside-cli/aside/sources"
)

// ParameterSource returns the layer of parameters. It reads the root's
// aside.yaml afresh each time, and sees one that is made later.
func (c *Config) ParameterSource() sources.FileSource {
	return parameters{filepath.Join(c.Root, Name)}
}

type parameters struct{ path string }

func (p parameters) Paths() []string { return []string{p.path} }

func (p parameters) Read(context.Context) (sources.Reading, error) {
	c, err := read(p.path)
	if errors.Is(err, fs.ErrNotExist) {
		return sources.Reading{}, nil
	}
	if err != nil {
		return sources.Reading{}, err
	}
	var r sources.Reading
	for _, e := range c.Parameters {
		r.Values = append(r.Values, sources.Value{
			Name:   e.Key.Value,
			Secret: sources.NewSecret(e.Value.Value),
			Origin: sources.Origin{
				Layer:  sources.Parameter,
				Source: Name,
				Line:   e.Key.Pos.Line,
				Column: e.Key.Pos.Column,
			},
		})
	}
	return r, nil
}
