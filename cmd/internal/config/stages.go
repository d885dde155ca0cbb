package config

import (
	"fmt"
	"path"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/aside-cli/aside/sources"
)

// A Type is a kind of stage. It decides which secrets a stage shares with
// others, and how strict aside is.
type Type string

// The types of stages.
const (
	Production  Type = "production"
	Preview     Type = "preview"
	Development Type = "development"
	Local       Type = "local"
)

// ParseType returns the type that s names, in full or as prod, pr or dev.
func ParseType(s string) (Type, error) {
	switch s {
	case "production", "prod":
		return Production, nil
	case "preview", "pr":
		return Preview, nil
	case "development", "dev":
		return Development, nil
	case "local":
		return Local, nil
	}
	err := fmt.Errorf("%.40q is no type of stage", s)
	types := []string{string(Production), string(Preview), string(Development), string(Local)}
	if near := Nearest(s, types); near != "" {
		err = fmt.Errorf("%w: did you mean %q?", err, near)
	}
	return "", sources.Hint(err, "a stage is of type production (prod), preview (pr), development (dev) or local")
}

func (t *Type) decode(d *document, path string, n *yaml.Node) error {
	var s Text
	err := s.decode(d, path, n)
	if err != nil {
		return err
	}
	if *t, err = ParseType(s.Value); err != nil {
		return s.Pos.wrap(err)
	}
	return nil
}

// StageType returns the type of the stage: what stages: says of it, else what
// its name tells.
func (c *Config) StageType(stage string) Type {
	match := c.match(stage, func(s Stage) bool { return s.Type != "" })
	switch {
	case match.Type != "":
		return match.Type
	case stage == "production" || stage == "prod":
		return Production
	case strings.HasPrefix(stage, "pr-") || strings.HasPrefix(stage, "preview"):
		return Preview
	case stage == "local":
		return Local
	}
	return Development
}

// StoreFor returns the name of the stage's store: what stages: says of it, else
// store:, else "local".
func (c *Config) StoreFor(stage string) Store {
	match := c.match(stage, func(s Stage) bool { return s.Store.Value != "" })
	switch {
	case match.Store.Value != "":
		return match.Store
	case c.Store.Value != "":
		return c.Store
	}
	return Store{Text: Text{Value: "local"}}
}

// PollFor returns how often the stage's store is to be asked for changes, or 0
// where aside.yaml does not say.
func (c *Config) PollFor(stage string) time.Duration {
	if match := c.match(stage, func(s Stage) bool { return s.Poll.Value != 0 }); match.Poll.Value != 0 {
		return match.Poll.Value
	}
	return c.Poll.Value
}

// match returns the most specific of the stages: that match the name and say
// what is looked for. A name beats every glob; of two globs that with more plain
// characters wins, then that with more ? and [ ], then the one written first.
func (c *Config) match(stage string, says func(Stage) bool) (found Stage) {
	best := -1
	for _, s := range c.Stages {
		pattern := s.Key.Value
		if ok, _ := path.Match(pattern, stage); !ok || !says(s.Value) {
			continue
		}
		if n := specificity(pattern); n > best {
			best, found = n, s.Value
		}
	}
	return found
}

// specificity is the higher, the fewer names a pattern matches.
func specificity(pattern string) int {
	plain, single := 0, 0
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '*':
		case '?':
			single++
		case '[':
			single++
			i += strings.IndexByte(pattern[i:], ']')
		default:
			plain++
		}
	}
	if !strings.ContainsAny(pattern, wildcards) {
		plain += maxStage + 1
	}
	return plain*(maxStage+1) + single
}
