// What is computed from stays, by the definitions of the published functions of the same names.
