// Lua 5.4 as Debian and Ubuntu install it. Nothing is wrapped here: the calls
// that may raise live behind CLuaHost.
#include <lua.h>
#include <lauxlib.h>
#include <lualib.h>
