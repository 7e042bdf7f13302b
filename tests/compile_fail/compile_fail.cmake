# Compiles snippets inside a function.   cmake -D CXX=… -D SOURCE=… -P compile_fail.cmake
function(compile code result_variable output_variable)
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/snippet.cpp
       "#include <logkit.hpp>\n#include <string>\nnamespace lk = logkit;\nusing lk::kv;\nstruct opaque {};\n"
       "void snippet(std::string text, int n) {\n  (void)text; (void)n;\n  ${code}\n}\n")
  execute_process(COMMAND ${CXX} -std=c++20 -fsyntax-only -DLOGKIT_SPLIT ${ARGN} -I ${SOURCE}/include
                          ${CMAKE_CURRENT_BINARY_DIR}/snippet.cpp
                  RESULT_VARIABLE result ERROR_VARIABLE errors)
  set(${result_variable} ${result} PARENT_SCOPE)
  set(${output_variable} "${errors}" PARENT_SCOPE)
endfunction()

function(accepts code)
  compile("${code}" result errors ${ARGN})
  if(NOT result EQUAL 0)
    message(SEND_ERROR "should compile: ${code}\n${errors}")
  endif()
endfunction()
function(refuses code)
  compile("${code}" result errors)
  if(result EQUAL 0)
    message(SEND_ERROR "should not compile: ${code}")
  endif()
  if(ARGC GREATER 1 AND NOT errors MATCHES "${ARGV1}")
    message(SEND_ERROR "the compiler does not say \"${ARGV1}\" of: ${code}\n${errors}")
  endif()
endfunction()

accepts("lk::log.info(\"fine\", kv(\"a\", 1));")
accepts("lk::log.info(\"{} {:>4}\", n, text, kv(\"a\", 1));")

refuses("lk::log.info(\"{} files\");")
refuses("lk::log.info(\"{} files\", kv(\"n\", n));")
refuses("lk::log.info(\"{} and {}\", n);")
refuses("lk::log.info(\"{:d}\", text);")
refuses("lk::log.info(\"open { brace\");")
refuses("lk::log.info(text);")
refuses("lk::log.info(text.c_str());")
refuses("lk::log.info(\"key\", kv(text.c_str(), 1));")
refuses("lk::log.info(\"type\", kv(\"o\", opaque{}));" "give it a log_value")
refuses("lk::capture span{\"name\", n};" "a capture takes kv")
refuses("lk::new_context(n);" "new_context takes kv")
refuses("lk::capture a{\"a\"}; auto b = a;")

# A call below LOGKIT_MIN_LEVEL compiles to nothing: its arguments are not even evaluated for their text.
accepts("static_assert(lk::detail::lowest_compiled == lk::level::warning);" -DLOGKIT_MIN_LEVEL=warning)
accepts("static_assert(lk::detail::lowest_compiled == lk::level::info);" -DLOGKIT_MIN_LEVEL=2)
