package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/aside-cli/aside/cmd/internal/mask"
	"github.com/aside-cli/aside/cmd/internal/relay"
	"github.com/aside-cli/aside/inject"
	"github.com/aside-cli/aside/sources"
)

// A masking stands between a command and the outputs of this program, but for
// a terminal that is masked by a relay.
type masking struct {
	project *project
	known   map[string]bool // the values that are masked
	set     mask.Set
	streams []*mask.Stream
	ends    []*os.File // what the command writes to
	stops   []func()   // of what keeps the size of terminals
}

// startMask has s start its commands with masked outputs, each only when its
// secrets are known to the mask.
func (p *project) startMask(s *inject.Supervisor) (*masking, error) {
	m := &masking{project: p, known: map[string]bool{}}
	stdout, err := m.output(os.Stdout)
	if err != nil {
		return nil, err
	}
	stderr := stdout
	if stdout == nil || !sameOutput(os.Stdout, os.Stderr) {
		if stderr, err = m.output(os.Stderr); err != nil {
			m.close()
			return nil, err
		}
	}
	s.Command.Stdout, s.Command.Stderr = stdout, stderr
	s.Relayed = p.app.relay != nil
	s.BeforeStop = m.settle
	resolve := s.Resolve
	s.Resolve = func(ctx context.Context) (*inject.Environment, error) {
		env, err := resolve(ctx)
		if err == nil {
			err = m.learn(env)
		}
		return env, err
	}
	return m, nil
}

// sameOutput reports whether two outputs are one, as after 2>&1: then they are masked
// as one, in the order in which the command writes.
func sameOutput(a, b *os.File) bool {
	one, err1 := a.Stat()
	other, err2 := b.Stat()
	return err1 == nil && err2 == nil && os.SameFile(one, other)
}

// output returns what the command is to write to instead of f, or nil where that
// is f itself.
func (m *masking) output(f *os.File) (*os.File, error) {
	if m.project.app.relay != nil && relay.IsOurs(f) {
		return nil, nil
	}
	r, w, stop, err := outputLike(f)
	if err != nil {
		return nil, err
	}
	stream := mask.NewStream(f, r, &m.set)
	go stream.Run()
	m.streams, m.ends, m.stops = append(m.streams, stream), append(m.ends, w), append(m.stops, stop)
	return w, nil
}

// learn masks the secrets of env from now on, those that the environment shadows
// too: it may carry them within other variables.
func (m *masking) learn(env *inject.Environment) error {
	var values []string
	unmasked := m.project.unmasked(env)
	for _, name := range env.Names() {
		v, _ := env.Variable(name)
		for _, s := range secretsOf(v) {
			if value := s.Secret.Reveal(); !unmasked[definitionOf(s)] && !m.known[value] {
				m.known[value] = true
				values = append(values, value)
			}
		}
	}
	if len(values) == 0 {
		return nil
	}
	if len(m.streams) > 0 {
		m.set.Add(values)
	}
	if link := m.project.app.relay; link != nil {
		return link.Send(values)
	}
	return nil
}

// settle waits until what the command has printed so far is passed on.
func (m *masking) settle() {
	for _, s := range m.streams {
		s.Settle()
	}
}

// close waits until all that the command has printed is passed on.
func (m *masking) close() {
	for _, stop := range m.stops {
		stop()
	}
	for _, w := range m.ends {
		w.Close()
	}
	for _, s := range m.streams {
		if err := s.Wait(); err != nil && !errors.Is(err, syscall.EPIPE) { // who closed a pipe wants no more
			m.project.app.complain(fmt.Errorf("what the command printed is not all there: %w", err))
		}
	}
}

// secretsOf returns the definitions of a variable in a store or an override that
// a command may know of: the highest, whether the environment shadows it or not,
// and any whose value it gets.
func secretsOf(v inject.Variable) []sources.Value {
	var found []sources.Value
	for _, s := range append([]sources.Value{{Name: v.Name, Secret: v.Secret, Origin: v.Origin}}, v.Shadowed...) {
		if s.Origin.Layer.Secret() && (found == nil || s.Secret.Equal(v.Secret)) {
			found = append(found, s)
		}
	}
	return found
}

// A definition tells one definition of a variable from the others.
type definition struct {
	name   string
	origin sources.Origin
}

func definitionOf(v sources.Value) definition { return definition{v.Name, v.Origin} }

// unmasked returns the secrets that aside.yaml says mask: false of, with the
// parts of those that are flattened.
func (p *project) unmasked(env *inject.Environment) map[definition]bool {
	all := map[definition]bool{}
	for _, s := range p.config.Secrets {
		if !s.Value.Mask.Off {
			continue
		}
		v, _ := env.Variable(s.Value.Variable(s.Key.Value)) // one that is not set has no definitions
		for _, whole := range secretsOf(v) {
			all[definitionOf(whole)] = true
			if !s.Value.Flatten {
				continue
			}
			parts, _ := flattened(whole) // of a shadowed one that cannot be there are none
			for _, part := range parts {
				all[definitionOf(part)] = true
			}
		}
	}
	return all
}
