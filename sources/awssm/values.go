package awssm

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/aside-cli/aside/sources"
)

// values returns the values of one scope, sorted by name.
func (s *Store) values(scope sources.Scope, path string, secrets map[string]types.SecretValueEntry) ([]sources.Value, error) {
	byName := map[string]sources.Value{}
	if secret, ok := secrets[path]; ok {
		object, err := s.object(path, secret)
		if err != nil {
			return nil, err
		}
		for name, value := range object {
			byName[name] = sources.Value{Name: name, Secret: value, Origin: origin(scope, secret)}
		}
	}
	for full, secret := range secrets {
		name, ok := strings.CutPrefix(full, path+"/")
		if !ok || strings.Contains(name, "/") {
			continue
		}
		if sources.CheckName(name) != nil {
			s.warn("%s is left out: it is no name of an environment variable", full)
			continue
		}
		if secret.SecretString == nil {
			return nil, sources.Hint(fmt.Errorf("%s is binary, and no environment variable", full),
				"store it as text, in base64 for example, or under another name")
		}
		byName[name] = sources.Value{Name: name, Secret: sources.NewSecret(*secret.SecretString), Origin: origin(scope, secret)}
	}
	values := make([]sources.Value, 0, len(byName))
	for _, value := range byName {
		values = append(values, value)
	}
	slices.SortFunc(values, func(a, b sources.Value) int { return cmp.Compare(a.Name, b.Name) })
	return values, nil
}

func origin(scope sources.Scope, secret types.SecretValueEntry) sources.Origin {
	return sources.Origin{
		Layer:   scope.Layer,
		Source:  "awssm:" + aws.ToString(secret.Name),
		Version: fmt.Sprintf("%.8s", aws.ToString(secret.VersionId)),
		Shared:  scope.Shared,
	}
}

// object returns the members of a secret that is a JSON object: strings as
// they are; numbers, booleans, arrays and objects as their JSON, without
// blanks. Members that are null or whose names no variable can have are left
// out with a warning. Of two with the same name the later one counts.
func (s *Store) object(path string, secret types.SecretValueEntry) (map[string]sources.Secret, error) {
	const mend = "make it an object like {\"NAME\": \"value\"}, or keep it under a name that is no stage"
	var members map[string]json.RawMessage
	var syntax *json.SyntaxError
	switch err := decode(secret, &members); {
	case errors.As(err, &syntax):
		// The error's own text quotes the character.
		return nil, sources.Hint(fmt.Errorf("%s is no valid JSON: error at byte %d", path, syntax.Offset), mend)
	case err != nil || members == nil:
		return nil, sources.Hint(fmt.Errorf("%s is no JSON object", path), mend)
	}
	values := make(map[string]sources.Secret, len(members))
	for name, member := range members {
		switch {
		case sources.CheckName(name) != nil:
			s.warn("%q in %s is left out: it is no name of an environment variable", name, path)
		case string(member) == "null":
			s.warn("%s in %s is left out: it is null", name, path)
		default:
			values[name] = sources.NewSecret(text(member))
		}
	}
	return values, nil
}

func decode(secret types.SecretValueEntry, members *map[string]json.RawMessage) error {
	if secret.SecretString == nil {
		return errors.New("binary")
	}
	return json.Unmarshal([]byte(*secret.SecretString), members)
}

// text returns a valid JSON value as a variable's.
func text(member json.RawMessage) string {
	var s string
	if json.Unmarshal(member, &s) == nil {
		return s
	}
	var compact bytes.Buffer
	if json.Compact(&compact, member) != nil {
		return string(member)
	}
	return compact.String()
}
