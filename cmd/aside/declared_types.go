package main

import (
	"sync"

	"github.com/aside-cli/aside/cmd/internal/config"
	"github.com/aside-cli/aside/cmd/internal/schema"
	"github.com/aside-cli/aside/sources"
)

// checkType returns an error if the secret called name is of a type, and value is not.
func (p *project) checkType(name string, value sources.Secret) error {
	d, _ := p.config.Declaration(name)
	if d.Type.Value == "" {
		return nil
	}
	t, err := p.valueType(d.Type)
	if err != nil {
		return err
	}
	return t.Check(name, value)
}

// valueType returns the type that aside.yaml calls so. Schemas are read once.
func (p *project) valueType(name config.Text) (schema.Type, error) {
	p.types.mu.Lock()
	defer p.types.mu.Unlock()
	if t, ok := p.types.known[name.Value]; ok {
		return t, nil
	}
	t, _ := schema.Builtin(name.Value) // aside.yaml was refused if it names neither that nor one of these
	for _, own := range p.config.Types {
		if own.Key.Value == name.Value {
			var err error
			if t, err = schema.Load(p.config.Root, own.Value.Schema.Value); err != nil {
				return nil, own.Value.Schema.Errorf("%w", err)
			}
		}
	}
	if p.types.known == nil {
		p.types.known = map[string]schema.Type{}
	}
	p.types.known[name.Value] = t
	return t, nil
}

// A typeCache holds the types that were needed. Sources are read at once, so
// several may need one.
type typeCache struct {
	mu    sync.Mutex
	known map[string]schema.Type
}
