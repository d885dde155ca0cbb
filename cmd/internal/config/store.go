package config

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/aside-cli/aside/sources"
)

// A Store names a store: by its name alone, or as the command of the store exec.
type Store struct {
	Text             // the store's name
	Exec    List     // the command, of the store exec
	Scopes  List     // the kinds of scope that the command knows
	Timeout Duration // of the command
}

// execStore is how the store exec is written: {exec: [op, inject, …]}.
type execStore struct {
	Exec    List     `yaml:"exec"`
	Scopes  List     `yaml:"scopes"`
	Timeout Duration `yaml:"timeout"`
}

func (s *Store) decode(d *document, path string, n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		if err := s.Text.decode(d, path, n); err != nil || s.Value != "exec" {
			return err
		}
		return d.pos(n).wrap(sources.Hint(errors.New("the store exec is its command"), hintExec))
	}
	var e execStore
	if err := d.value(path, n, &e); err != nil {
		return err
	}
	if len(e.Exec) == 0 || e.Exec[0].Value == "" {
		return d.pos(n).wrap(sources.Hint(fmt.Errorf("%s names no command", path), hintExec))
	}
	for _, scope := range e.Scopes {
		if err := scope.check(checkScope); err != nil {
			return err
		}
	}
	*s = Store{Text: Text{"exec", d.pos(n)}, Exec: e.Exec, Scopes: e.Scopes, Timeout: e.Timeout}
	return nil
}

const hintExec = "write it as a list: {exec: [op, inject, --in-file, secrets.env]}"

func checkScope(s string) error {
	switch s {
	case "stage", "type", "fallback", "shared":
		return nil
	}
	return sources.Hint(fmt.Errorf("%.40q is no kind of scope", s), "it is stage, type, fallback or shared")
}

// An SSM says how the store ssm names its parameters.
type SSM struct {
	Prefix Text `yaml:"prefix"` // with {app} and {scope} in place of their names
	Case   Text `yaml:"case"`   // upper, for chamber's parameters
}

func checkCase(s string) error {
	if s == "upper" || s == "keep" {
		return nil
	}
	return sources.Hint(fmt.Errorf("%.40q is no case", s), "it is upper (as chamber has it) or keep")
}

// A Cache says whether a remote store is remembered for when it cannot be reached.
type Cache struct {
	Off    bool
	On     bool // asked for
	MaxAge Duration
}

type cacheAge struct {
	MaxAge Duration `yaml:"max-age"`
}

func (c *Cache) decode(d *document, path string, n *yaml.Node) error {
	if n.Kind == yaml.MappingNode {
		var age cacheAge
		if err := d.value(path, n, &age); err != nil {
			return err
		}
		*c = Cache{On: true, MaxAge: age.MaxAge}
		return nil
	}
	word := n.Value
	if n.Tag == "!!bool" { // True and TRUE are the same to YAML
		word = strings.ToLower(word)
	}
	switch word {
	case "off", "false":
		c.Off = true
	case "on", "true":
		c.On = true
	default:
		return d.pos(n).wrap(sources.Hint(fmt.Errorf("%s cannot be %.40q", path, n.Value), "it is on, off or {max-age: 24h}"))
	}
	return nil
}

// A Duration is a length of time, as Go writes it: 30s, 1h30m. The zero
// Duration was not written.
type Duration struct {
	Value time.Duration
	Pos   Pos
}

func (t *Duration) decode(d *document, path string, n *yaml.Node) error {
	var s Scalar
	if err := s.decode(d, path, n); err != nil {
		return err
	}
	value, err := time.ParseDuration(s.Value)
	if err != nil || value <= 0 {
		return d.pos(n).wrap(sources.Hint(fmt.Errorf("%s must be a length of time, not %.40q", path, s.Value), "as in 30s, 5m or 24h"))
	}
	*t = Duration{value, d.pos(n)}
	return nil
}

// MinPoll is how often a remote store can be asked at most.
const MinPoll = 100 * time.Millisecond

// checkPoll returns an error where t, if it is set, is shorter than [MinPoll].
func (t Duration) checkPoll() error {
	if t.Value == 0 || t.Value >= MinPoll {
		return nil
	}
	return t.Pos.wrap(sources.Hint(fmt.Errorf("poll is %s", t.Value), "every 100ms is the most often that a store can be asked"))
}
