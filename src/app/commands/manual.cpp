#include "app/commands/manual.hpp"

#include <algorithm>
#include <string_view>

namespace zoetrope::app {

namespace {

// `--motion` and `-o`; empty for what is only given by its place.
std::vector<std::string> names_of(const CLI::Option& option) {
    std::vector<std::string> out;
    for (const std::string& name : option.get_snames()) out.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) out.push_back("--" + name);
    return out;
}

std::string joined(const std::vector<std::string>& words, const std::string& between) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : between) + word;
    return out;
}

// The choices that an option leaves, which CLI11 writes into its type: `TEXT:{orbit,push}`.
std::string choices_of(const CLI::Option& option) {
    const std::string type = option.get_type_name();
    if (type.find("true|false") != type.npos) return "true false";
    const std::size_t begin = type.find('{'), end = type.find('}');
    if (begin == type.npos || end == type.npos || end < begin) return "";
    std::string out = type.substr(begin + 1, end - begin - 1);
    std::ranges::replace(out, ',', ' ');
    return out;
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

// `user add`, and each command by itself.
struct Command {
    std::string path;
    const CLI::App* app;
};
std::vector<Command> all_of(const std::vector<const CLI::App*>& commands) {
    std::vector<Command> out;
    for (const CLI::App* command : commands) {
        out.push_back({command->get_name(), command});
        for (const CLI::App* below : command->get_subcommands(nullptr))
            out.push_back({command->get_name() + " " + below->get_name(), below});
    }
    return out;
}

std::string words_of(const CLI::App& app) {
    std::vector<std::string> words;
    for (const CLI::App* below : app.get_subcommands(nullptr)) words.push_back(below->get_name());
    for (const CLI::Option* option : app.get_options())
        for (const std::string& name : names_of(*option)) words.push_back(name);
    return joined(words, " ");
}

// A case of bash for each option that leaves choices, and one for those that take any other value,
// which is most often a file.
void add_values(std::string& out, const CLI::App& app, std::vector<std::string>& known) {
    std::vector<std::string> any;
    for (const CLI::Option* option : app.get_options()) {
        const auto names = names_of(*option);
        if (names.empty() || !takes_value(*option) ||
            std::ranges::find(known, names.back()) != known.end())
            continue;
        known.push_back(names.back());
        const std::string choices = choices_of(*option);
        if (choices.empty()) {
            any.insert(any.end(), names.begin(), names.end());
        } else {
            out += "        " + joined(names, "|") + ") COMPREPLY=($(compgen -W '" + choices +
                   "' -- \"$word\")); return ;;\n";
        }
    }
    if (!any.empty()) out += "        " + joined(any, "|") + ") return ;;\n";
}

std::string bash_completion(
    const std::vector<const CLI::App*>& commands, const CLI::App& settings
) {
    std::string out =
        "_zoetrope() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words\n"
        "    COMPREPLY=()\n"
        "    case $before in\n";
    std::vector<std::string> known;
    for (const Command& each : all_of(commands)) add_values(out, *each.app, known);
    add_values(out, settings, known);
    out += "    esac\n    case \"${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in\n";
    auto all = all_of(commands);
    std::ranges::reverse(all);  // `user add` before `user`
    for (const Command& each : all)
        out += "        '" + each.path + "'" + (each.path.contains(' ') ? "" : "\\ *") +
               ") words='" + words_of(*each.app) + "' ;;\n";
    std::vector<std::string> names{"help", "version", "--help", "--version"};
    for (const CLI::App* command : commands) names.push_back(command->get_name());
    out += "        *) words='" + joined(names, " ") + "' ;;\n    esac\n";
    // Settings are many: they are offered once somebody begins one.
    out += "    [[ $COMP_CWORD -lt 2 || $word != --* ]] || words+=' " + words_of(settings) +
           "'\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
           "}\n"
           "complete -o default -F _zoetrope zoetrope ./run\n";
    return out;
}

std::string fish_quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') out += '\\';
        out += c;
    }
    return out += '\'';
}

void add_fish_options(std::string& out, const CLI::App& app, const std::string& when) {
    for (const CLI::Option* option : app.get_options()) {
        std::string line = "complete -c zoetrope" + when;
        for (const std::string& name : option->get_snames()) line += " -s " + name;
        for (const std::string& name : option->get_lnames()) line += " -l " + name;
        if (names_of(*option).empty()) continue;
        if (takes_value(*option)) line += " -r";
        if (const auto choices = choices_of(*option); !choices.empty())
            line += " -f -a " + fish_quoted(choices);
        out += line + " -d " + fish_quoted(option->get_description()) + "\n";
    }
}

std::string fish_completion(
    const std::vector<const CLI::App*>& commands, const CLI::App& settings
) {
    std::string out;
    for (const CLI::App* command : commands) {
        const std::string name = command->get_name();
        const std::string when = " -n '__fish_seen_subcommand_from " + name + "'";
        out += "complete -c zoetrope -n __fish_use_subcommand -f -a " + name + " -d " +
               fish_quoted(command->get_description()) + "\n";
        add_fish_options(out, *command, when);
        for (const CLI::App* below : command->get_subcommands(nullptr)) {
            out += "complete -c zoetrope" + when + " -f -a " + below->get_name() + " -d " +
                   fish_quoted(below->get_description()) + "\n";
            add_fish_options(
                out, *below, " -n '__fish_seen_subcommand_from " + below->get_name() + "'"
            );
        }
    }
    add_fish_options(out, settings, " -n 'not __fish_use_subcommand'");
    return out;
}

std::string roff(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\') {
            out += "\\e";
        } else if (c == '-') {
            out += "\\-";
        } else {
            if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) out += "\\&";
            out += c;
        }
    }
    return out;
}

std::string kind_of(const CLI::Option& option) {
    if (const auto choices = choices_of(option); !choices.empty()) return choices;
    const std::string type = option.get_type_name();
    return type.substr(0, type.find(':'));
}

void add_man_options(std::string& out, const CLI::App& app) {
    for (const CLI::Option* option : app.get_options()) {
        const auto names = names_of(*option);
        const std::string name = names.empty() ? option->get_name(true) : joined(names, ", ");
        out += ".TP\n\\fB" + roff(name) + "\\fR";
        if (takes_value(*option) && !names.empty())
            out += " \\fI" + roff(kind_of(*option)) + "\\fR";
        out += "\n" + roff(option->get_description()) + "\n";
    }
}

}  // namespace

std::string completion(
    Shell shell, const std::vector<const CLI::App*>& commands, const CLI::App& settings
) {
    if (shell == Shell::fish) return fish_completion(commands, settings);
    const std::string script = bash_completion(commands, settings);
    if (shell == Shell::bash) return script;
    return "#compdef zoetrope\nautoload -U +X bashcompinit && bashcompinit\n" + script;
}

std::string man_page(const std::vector<const CLI::App*>& commands, const CLI::App& settings) {
    std::string out = ".TH ZOETROPE 1 \"\" \"Zoetrope " ZOETROPE_VERSION
                      "\"\n"
                      ".SH NAME\nzoetrope \\- turns images into video and 3D models\n"
                      ".SH SYNOPSIS\n\\fBzoetrope\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n"
                      ".SH COMMANDS\n";
    for (const Command& each : all_of(commands)) {
        out += ".SS zoetrope " + roff(each.path) + "\n" + roff(each.app->get_description()) + ".\n";
        add_man_options(out, *each.app);
    }
    out +=
        ".SH SETTINGS\nEvery command takes them: as options, as \\fBZOETROPE_NAME\\fR in the "
        "environment, or in the file that \\fB\\-\\-config\\fR names.\n";
    add_man_options(out, settings);
    out +=
        ".SH EXIT STATUS\n.TP\n0\nIt is done.\n.TP\n1\nIt failed.\n.TP\n2\nIt was asked wrongly.\n";
    return out;
}

}  // namespace zoetrope::app
